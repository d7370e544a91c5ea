/** Four Node bundles, one sandboxed preload, one page. `ESPALIER_BUILD` (node, page) limits a build to what is stale. */
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type UserConfig } from 'electron-vite'

const wanted = (process.env.ESPALIER_BUILD ?? 'node,page').split(',')
const source = (path: string) => resolve(import.meta.dirname, 'src', path)

const node: UserConfig = {
  main: {
    build: {
      // Bundled, so that only what is used of them is read and kept in memory: zod alone brings fifty languages.
      externalizeDeps: { exclude: ['zod', '@orpc/client', '@orpc/contract', '@orpc/server'] },
      rolldownOptions: {
        input: {
          main: source('main/electron/main.ts'),
          server: source('main/server/main.ts'),
          cli: source('main/cli/main.ts'),
          engine: source('main/engine/process.ts'),
          'engine-worker': source('main/engine/worker.ts'),
          'native-check': source('main/engine/native/check.ts'),
          'onnxruntime-check': source('main/engine/onnxruntime/check.ts'),
          'native-build': source('main/cli/native-build.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: source('preload/preload.ts') },
        // A sandboxed preload is a classic script: with "type": "module" only .cjs is read as one.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
}

const page: UserConfig = {
  renderer: {
    root: source('renderer'),
    plugins: [vue()],
    build: {
      outDir: resolve(import.meta.dirname, 'out/renderer'),
      rolldownOptions: { input: source('renderer/index.html') },
      // The largest part is the chart library, read from the disk and not from a network.
      chunkSizeWarningLimit: 2500,
      // A page's scripts stay in its memory as text, and are read before they run.
      minify: true,
      // Nothing may become a data: address, which the page's content policy forbids for scripts and styles.
      assetsInlineLimit: 0,
    },
  },
}

export default defineConfig({ ...(wanted.includes('node') ? node : {}), ...(wanted.includes('page') ? page : {}) })
