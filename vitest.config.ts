import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    // Every machine can run WASM; tests that are about another backend ask for it.
    env: { ESPALIER_NATIVE: 'off', ESPALIER_ONNXRUNTIME: 'off' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{contract,engine,main,preload,scripts}/**/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
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
        test: {
          name: 'e2e',
          // What a fresh install computes with.
          env: { ESPALIER_NATIVE: 'off', ESPALIER_ONNXRUNTIME: 'on' },
          include: ['test/{e2e,electron-stand-in}/**/*.test.ts'],
          environment: 'node',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
