/** Pictures of a page that has come to rest, as WebP: a screen of flat colours takes about 40 kB. */

/** Nothing loads, nothing is drawn any more: fonts are there, skeletons gone, and two pictures in a row are the same. */
export async function atRest(page) {
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready)
  await page
    .locator('.skeleton, [aria-busy=true], .wait')
    .filter({ visible: true })
    .first()
    .waitFor({ state: 'hidden', timeout: 120_000 })
  let last = Buffer.alloc(0)
  for (let turn = 0; turn < 40; turn++) {
    const now = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    if (now.equals(last)) return now
    last = now
  }
  return last
}

/** Where this machine keeps things, and what it runs, is nobody's business: the pictures show a person's own folder. */
export const withoutTraces = (page, folder, pictures) =>
  page.evaluate(
    ([own, read]) => {
      const place = '/home/me/.local/share/espalier'
      const shown = (text) => text.replaceAll(own, place).replaceAll(read, '/home/me/pictures')
      for (const input of document.querySelectorAll('input')) {
        if (input.type === 'text' && input.value !== shown(input.value)) input.value = shown(input.value)
      }
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = shown(node.data)
          .replace(/^\/\S*(?=\/exports\/)/, place)
          .replace(/(linux x64) \S+/, '$1 6.12.0')
        if (text !== node.data) node.data = text
      }
    },
    [folder, pictures],
  )

/** Chromium's own encoder, in a page that belongs to nobody. @returns {Promise<Buffer>} */
export async function toWebp(blank, png) {
  const base64 = await blank.evaluate(async (bytes) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${bytes}`)).blob())
    const canvas = new OffscreenCanvas(image.width, image.height)
    canvas.getContext('2d').drawImage(image, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.82 })
    return new Promise((resolve) => {
      const reader = new FileReader()
      reader.onload = () => resolve(reader.result.split(',')[1])
      reader.readAsDataURL(blob)
    })
  }, png.toString('base64'))
  return Buffer.from(base64, 'base64')
}
