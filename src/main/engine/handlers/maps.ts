/** Maps of numbers as they are sent: made small, and as text. */

/** Means over squares of `by`; those at the edge are smaller. */
export function averaged(maps: Float32Array, count: number, height: number, width: number, by: number): Float32Array {
  if (by === 1) return maps
  const [rows, columns] = [Math.ceil(height / by), Math.ceil(width / by)]
  const result = new Float32Array(count * rows * columns)
  for (let map = 0; map < count; map++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [bottom, right] = [Math.min(height, (y + 1) * by), Math.min(width, (x + 1) * by)]
        let sum = 0
        for (let row = y * by; row < bottom; row++) {
          for (let column = x * by; column < right; column++)
            sum += maps[(map * height + row) * width + column] as number
        }
        result[(map * rows + y) * columns + x] = sum / ((bottom - y * by) * (right - x * by))
      }
    }
  }
  return result
}

/** Little-endian whatever the machine, as the contract says. */
export function base64(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4)
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i] as number, i * 4)
  return bytes.toString('base64')
}
