/** The contract's base64 of little-endian 32-bit floats, as an array. */
export function floatsOf(base64: string): Float32Array {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  const view = new DataView(bytes.buffer)
  return Float32Array.from({ length: bytes.length / 4 }, (_value, i) => view.getFloat32(i * 4, true))
}
