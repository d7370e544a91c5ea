import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** These catch the application in the middle of something, or tell how long it takes: beside others they would wait for the wrong reasons. */
const alone = ['long-job', 'crash', 'survival', 'killed-import'].map((name) => `test/e2e/${name}.test.ts`)

const e2e = {
  // What a fresh install computes with.
  env: { ESPALIER_NATIVE: 'off', ESPALIER_ONNXRUNTIME: 'on' },
  environment: 'node',
  testTimeout: 300_000,
  hookTimeout: 300_000,
}

export default defineConfig({
  plugins: [vue()],
  test: {
    // Vitest leaves one free, which on two cores is half of them.
    maxWorkers: '100%',
    // Every machine can run WASM; tests that are about another backend ask for it.
    env: { ESPALIER_NATIVE: 'off', ESPALIER_ONNXRUNTIME: 'off' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{contract,engine,main,preload,scripts}/**/*.test.ts'],
          environment: 'node',
          // Two at a time on a machine that may have much else to do.
          testTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'renderer',
          include: ['test/renderer/**/*.test.ts'],
          environment: 'happy-dom',
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { ...e2e, name: 'e2e', include: ['test/{e2e,electron-stand-in}/**/*.test.ts'], exclude: alone },
      },
      { extends: true, test: { ...e2e, name: 'e2e-alone', include: alone, fileParallelism: false } },
    ],
  },
})
