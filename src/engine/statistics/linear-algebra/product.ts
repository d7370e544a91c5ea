/** The register-blocked product of rows with rows, which nearly all dense work here comes down to. */

/**
 * C[i][j] -= sum over k in [from, to) of X[i][k] Y[j][k] for i in [row, rowEnd) and j in [column, columnEnd). All
 * matrices are row-major with their own stride. With `lower`, elements above the diagonal (j > i) may be left alone:
 * blocks wholly above it are skipped, and in blocks that cross it the elements above are left untouched.
 * Computed in squares of 4 x 4 that live in registers: 16 products for 8 loads.
 */
export function subtractProduct(
  c: Float64Array,
  strideC: number,
  x: Float64Array,
  strideX: number,
  y: Float64Array,
  strideY: number,
  row: number,
  rowEnd: number,
  column: number,
  columnEnd: number,
  from: number,
  to: number,
  lower: boolean,
): void {
  for (let i = row; i < rowEnd; i += 4) {
    const last = lower ? Math.min(columnEnd, Math.min(i + 4, rowEnd)) : columnEnd
    const fullRows = i + 4 <= rowEnd
    for (let j = column; j < last; j += 4) {
      if (fullRows && j + 4 <= columnEnd && (!lower || j + 3 <= i)) {
        square(c, strideC, x, strideX, y, strideY, i, j, from, to)
      } else {
        const iEnd = Math.min(i + 4, rowEnd)
        const jEnd = Math.min(j + 4, columnEnd)
        for (let p = i; p < iEnd; p++) {
          const qEnd = lower ? Math.min(jEnd, p + 1) : jEnd
          for (let q = j; q < qEnd; q++) {
            let sum = 0
            const xp = p * strideX
            const yq = q * strideY
            for (let k = from; k < to; k++) sum += (x[xp + k] as number) * (y[yq + k] as number)
            c[p * strideC + q] = (c[p * strideC + q] as number) - sum
          }
        }
      }
    }
  }
}

function square(
  c: Float64Array,
  strideC: number,
  x: Float64Array,
  strideX: number,
  y: Float64Array,
  strideY: number,
  i: number,
  j: number,
  from: number,
  to: number,
): void {
  let x0 = i * strideX + from
  let x1 = x0 + strideX
  let x2 = x1 + strideX
  let x3 = x2 + strideX
  let y0 = j * strideY + from
  let y1 = y0 + strideY
  let y2 = y1 + strideY
  let y3 = y2 + strideY
  let s00 = 0
  let s01 = 0
  let s02 = 0
  let s03 = 0
  let s10 = 0
  let s11 = 0
  let s12 = 0
  let s13 = 0
  let s20 = 0
  let s21 = 0
  let s22 = 0
  let s23 = 0
  let s30 = 0
  let s31 = 0
  let s32 = 0
  let s33 = 0
  for (let k = from; k < to; k++) {
    const b0 = y[y0++] as number
    const b1 = y[y1++] as number
    const b2 = y[y2++] as number
    const b3 = y[y3++] as number
    const a0 = x[x0++] as number
    s00 += a0 * b0
    s01 += a0 * b1
    s02 += a0 * b2
    s03 += a0 * b3
    const a1 = x[x1++] as number
    s10 += a1 * b0
    s11 += a1 * b1
    s12 += a1 * b2
    s13 += a1 * b3
    const a2 = x[x2++] as number
    s20 += a2 * b0
    s21 += a2 * b1
    s22 += a2 * b2
    s23 += a2 * b3
    const a3 = x[x3++] as number
    s30 += a3 * b0
    s31 += a3 * b1
    s32 += a3 * b2
    s33 += a3 * b3
  }
  const c0 = i * strideC + j
  const c1 = c0 + strideC
  const c2 = c1 + strideC
  const c3 = c2 + strideC
  c[c0] = (c[c0] as number) - s00
  c[c0 + 1] = (c[c0 + 1] as number) - s01
  c[c0 + 2] = (c[c0 + 2] as number) - s02
  c[c0 + 3] = (c[c0 + 3] as number) - s03
  c[c1] = (c[c1] as number) - s10
  c[c1 + 1] = (c[c1 + 1] as number) - s11
  c[c1 + 2] = (c[c1 + 2] as number) - s12
  c[c1 + 3] = (c[c1 + 3] as number) - s13
  c[c2] = (c[c2] as number) - s20
  c[c2 + 1] = (c[c2 + 1] as number) - s21
  c[c2 + 2] = (c[c2 + 2] as number) - s22
  c[c2 + 3] = (c[c2 + 3] as number) - s23
  c[c3] = (c[c3] as number) - s30
  c[c3 + 1] = (c[c3 + 1] as number) - s31
  c[c3 + 2] = (c[c3 + 2] as number) - s32
  c[c3 + 3] = (c[c3 + 3] as number) - s33
}
