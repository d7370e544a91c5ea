/** Small grey pictures as data addresses, written as uncompressed PNG by hand so that tests need no canvas. */
import { zlibSync } from 'fflate'

const crcTable = Array.from({ length: 256 }, (_value, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  return crc >>> 0
})

const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const made = new Uint8Array(12 + data.length)
  const view = new DataView(made.buffer)
  view.setUint32(0, data.length)
  for (let at = 0; at < 4; at++) made[4 + at] = type.charCodeAt(at)
  made.set(data, 8)
  view.setUint32(8 + data.length, crc32(made.subarray(4, 8 + data.length)))
  return made
}

function png(size: number, grey: (x: number, y: number) => number): string {
  const raw = new Uint8Array((size + 1) * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) raw[y * (size + 1) + 1 + x] = Math.max(0, Math.min(255, grey(x, y)))
  const head = new Uint8Array(13)
  const view = new DataView(head.buffer)
  view.setUint32(0, size)
  view.setUint32(4, size)
  head[8] = 8
  const parts = [
    new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', head),
    chunk('IDAT', zlibSync(raw)),
    chunk('IEND', new Uint8Array()),
  ]
  let text = ''
  for (const part of parts) for (const byte of part) text += String.fromCharCode(byte)
  return `data:image/png;base64,${btoa(text)}`
}

/** Something that looks like clothing from afar: a body, sleeves or legs by class, with a little noise. */
export function pictureOf(label: number, random: () => number): string {
  const wide = 5 + (label % 5) + random() * 2
  const sleeves = label === 0 || label === 2 || label === 4 || label === 6
  const legs = label === 1
  const shoe = label === 5 || label === 7 || label === 9
  const shade = 130 + random() * 110
  return png(28, (x, y) => {
    const noise = (random() - 0.5) * 40
    const dx = Math.abs(x - 14)
    let inside = dx < wide && y > 3 && y < 25
    if (sleeves) inside ||= dx < 12 && y > 4 && y < 13 && dx > wide - 1
    if (legs) inside = dx < 7 && y > 2 && y < 26 && !(dx < 1.5 && y > 9)
    if (shoe) inside = (y > 14 && y < 22 && x > 3 && x < 25) || (x > 3 && x < 11 && y > 8 && y < 22)
    return inside ? shade + noise : 0
  })
}
