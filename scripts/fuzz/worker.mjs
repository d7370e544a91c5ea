/** Reads damaged files, one a message, and says how that went: the code, the time, the memory at its highest. */
const [, , formats, data] = process.argv
const { readModel } = await import(formats)
const { openData } = await import(data)

const attempt = async ({ role, name, bytes, beside }) => {
  try {
    if (role === 'model') {
      await readModel({ name, bytes }, async (wanted) => {
        if (beside[wanted]) return beside[wanted]
        throw Object.assign(new Error(wanted), { code: 'ENOENT' })
      })
    } else {
      const files = { ...beside, [name]: bytes }
      await openData({ list: async () => Object.keys(files), read: async (wanted) => files[wanted] })
    }
    return { code: 'read' }
  } catch (error) {
    return {
      code: error?.name === 'EspalierError' ? error.code : 'CRASH',
      message: error?.message,
      stack: error?.stack,
    }
  }
}

process.on('message', async (file) => {
  const start = performance.now()
  const outcome = await attempt(file)
  process.send({ ...outcome, ms: performance.now() - start, peak: process.resourceUsage().maxRSS / 1024 })
})
process.send({ ready: true })
