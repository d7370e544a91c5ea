/** Measuring a page in Chromium: from the input to the frame that shows its outcome, frames while something moves, long tasks. */

export const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Runs in the page: waits, and counts frames and tasks over 50 ms meanwhile. */
function installed() {
  const tasks = []
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ startTime, duration })
  }).observe({ type: 'longtask' })
  /** After the next frame is drawn; `look` is called before that. */
  const painted = (look = () => {}) =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        look()
        const channel = new MessageChannel()
        channel.port1.onmessage = resolve
        channel.port2.postMessage(0)
      }),
    )
  let watching = null
  /** How many lines were drawn on each canvas until now. */
  const strokes = new WeakMap()
  const { stroke } = CanvasRenderingContext2D.prototype
  CanvasRenderingContext2D.prototype.stroke = function (...given) {
    strokes.set(this.canvas, (strokes.get(this.canvas) ?? 0) + 1)
    return stroke.apply(this, given)
  }
  window.bench = {
    /** Lines drawn inside of an element until now: another number, and what it shows is another picture. */
    strokesIn(element) {
      return [...element.querySelectorAll('canvas')].reduce((sum, canvas) => sum + (strokes.get(canvas) ?? 0), 0)
    },
    /** Frames from now until `stop`, whatever moves them. */
    start() {
      watching = { from: performance.now(), gaps: [], last: 0 }
      const tick = (now) => {
        if (!watching) return
        if (watching.last > 0) watching.gaps.push(now - watching.last)
        watching.last = now
        requestAnimationFrame(tick)
      }
      requestAnimationFrame(tick)
    },
    stop() {
      const { from, gaps } = watching
      watching = null
      return { gaps, tasks: tasks.filter(({ startTime }) => startTime >= from).map(({ duration }) => duration) }
    },
    /**
     * Milliseconds from `act` until the frame in which `shown` holds is drawn. Looked at before each frame is laid out: what
     * holds then is in that frame, and what the page does after it was drawn is no part of the answer.
     */
    async until(act, shown, at) {
      const from = performance.now()
      performance.mark('bench-act')
      act(at)
      for (;;) {
        let there = false
        await painted(() => {
          there = Boolean(shown(at))
        })
        if (there) {
          performance.mark('bench-drawn')
          return performance.now() - from
        }
        if (performance.now() - from > 30_000) throw new Error('What was waited for did not appear within 30 s.')
      }
    },
    /** Calls `act` once a frame; the times between frames, and the tasks over 50 ms meanwhile. */
    async frames(act, count) {
      const from = performance.now()
      const gaps = []
      const work = []
      let last = await new Promise(requestAnimationFrame)
      for (let at = 0; at < count; at++) {
        const began = performance.now()
        act(at)
        await Promise.resolve()
        work.push(performance.now() - began)
        const now = await new Promise(requestAnimationFrame)
        gaps.push(now - last)
        last = now
      }
      await painted()
      return { gaps, work, tasks: tasks.filter(({ startTime }) => startTime >= from).map(({ duration }) => duration) }
    },
  }
}

/**
 * @param page a playwright page that has not gone anywhere yet
 * @returns ways to measure; each answer also has `longest`, milliseconds of the longest task
 */
export async function watch(page) {
  await page.addInitScript(installed)
  const devtools = await page.context().newCDPSession(page)
  // Time of the page's own thread: on a busy machine the clock also counts what other programs do.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const threadMs = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value
  }
  /**
   * Milliseconds that the longest task of the page's thread took of it meanwhile: while a task runs, nothing answers.
   * On a busy machine a task's time by the clock also counts what other programs do.
   */
  const longestOf = async (work) => {
    const events = []
    const keep = ({ value }) => events.push(...value)
    devtools.on('Tracing.dataCollected', keep)
    await devtools.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing'],
      },
    })
    const answer = await work()
    const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve))
    await devtools.send('Tracing.end')
    await complete
    devtools.off('Tracing.dataCollected', keep)
    const threadOf = ({ pid, tid }) => `${pid} ${tid}`
    const pages = new Set(
      events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf),
    )
    const tasks = events.filter((event) => event.name === 'RunTask' && pages.has(threadOf(event)))
    const ms = ({ tdur, dur }) => (tdur ?? dur ?? 0) / 1000
    const at = (mark) => events.filter(({ name }) => name === mark).map(({ ts }) => ts)
    const drawn = at('bench-drawn')
    // What the thread did from the input to its frame, and not what the page does after it.
    const spans = at('bench-act').map((from, turn) =>
      tasks
        .filter(({ ts, dur = 0 }) => ts + dur > from && ts < (drawn[turn] ?? 0))
        .reduce((sum, task) => sum + ms(task), 0),
    )
    return {
      ...answer,
      ...(spans.length > 0 ? { thread: middle(spans) } : {}),
      longest: Math.max(0, ...tasks.map(ms)),
    }
  }
  const measures = {
    /** The middle of several, by the clock and of the page's thread. `act` and `shown` are source text with `at`. */
    async timed(act, shown, { times = 5, reset = async () => {} } = {}) {
      const clock = []
      for (let at = 0; at < times; at++) {
        clock.push(
          await page.evaluate(
            ([acting, showing, turn]) =>
              window.bench.until(new Function('at', acting), new Function('at', `return (${showing})`), turn),
            [act, shown, at],
          ),
        )
        await reset(at)
      }
      return { ms: middle(clock), worst: Math.max(...clock) }
    },
    /** Frames while the pointer really moves: `places` are points of the page. */
    async swept(places) {
      const began = await threadMs()
      await page.evaluate(() => window.bench.start())
      for (const [x, y] of places) await page.mouse.move(x, y)
      const { gaps, tasks } = await page.evaluate(() => window.bench.stop())
      const late = gaps.filter((gap) => gap > 25).length
      return {
        frame: middle(gaps),
        late: late / gaps.length,
        tasks,
        thread: ((await threadMs()) - began) / gaps.length,
      }
    },
    /** Frames while `act` is called once in each. `thread`: milliseconds of the page's thread a frame. */
    async moved(act, count) {
      const began = await threadMs()
      const { gaps, tasks } = await page.evaluate(
        ([acting, frames]) => window.bench.frames(new Function('at', acting), frames),
        [act, count],
      )
      const late = gaps.filter((gap) => gap > 25).length
      return { frame: middle(gaps), late: late / gaps.length, tasks, thread: ((await threadMs()) - began) / count }
    },
  }
  return Object.fromEntries(
    Object.entries(measures).map(([name, measure]) => [name, (...given) => longestOf(() => measure(...given))]),
  )
}

/** Milliseconds that a fixed piece of work takes by the clock for each millisecond it takes on its thread: 1 is a quiet machine. */
export function crowding() {
  const [clock, cpu] = [performance.now(), process.cpuUsage()]
  let x = 0
  while (performance.now() - clock < 200) for (let at = 0; at < 1000; at++) x += Math.sqrt(at)
  const { user, system } = process.cpuUsage(cpu)
  return x === 0 ? 1 : (1000 * (performance.now() - clock)) / (user + system)
}
