/**
 * C++ of ours that is compiled into the binding. TensorFlow's worker threads may outlive a wait that a signal cut short,
 * and then write into memory that is free again: with a handler installed, a few hundred SIGWINCH or a profiler's
 * SIGPROF are enough to corrupt the heap. So the thread that computes, and those TensorFlow starts from it, take no
 * signals but faults; the kernel gives those that are for the process to another of Node's threads.
 */
export const guardSource = `#include <initializer_list>
#include <pthread.h>
#include <signal.h>

__attribute__((constructor)) static void leave_signals_to_other_threads() {
  sigset_t blocked;
  sigfillset(&blocked);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&blocked, fault);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}
`
