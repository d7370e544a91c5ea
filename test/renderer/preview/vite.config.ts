/** `npx vite --config test/renderer/preview/vite.config.ts`: the workbench on made-up data. */
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const top = fileURLToPath(new URL('../../..', import.meta.url))

export default defineConfig({
  root: here,
  base: './',
  publicDir: fileURLToPath(new URL('../../../src/renderer/public', import.meta.url)),
  plugins: [vue()],
  worker: { format: 'es' },
  server: { host: '127.0.0.1', port: 5199, fs: { allow: [top] } },
  build: { outDir: fileURLToPath(new URL('../../../out/preview', import.meta.url)), emptyOutDir: true },
})
