/** Input patches of a convolution as rows of a matrix (im2col), on the backend. */
import { concat, pad, reshape, slice, stridedSlice, type Tensor, tidy } from '@tensorflow/tfjs-core'

export interface PatchWindow {
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** As in ONNX: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number]
}

/**
 * x [N, H, W, C] -> [N H' W', k_h k_w C]; columns run over the taps row by row, the channels of a tap together.
 * Zeros stand for the padding.
 */
export function extractPatches(x: Tensor, window: PatchWindow): Tensor {
  return tidy(() => {
    const [top, left, bottom, right] = window.pads
    const [n, h, w, c] = x.shape as [number, number, number, number]
    const height = h + top + bottom
    const width = w + left + right
    const padded =
      height === h && width === w
        ? x
        : pad(x, [
            [0, 0],
            [top, bottom],
            [left, right],
            [0, 0],
          ])
    const [kh, kw] = window.kernel
    const [sh, sw] = window.strides
    const [dh, dw] = window.dilations
    const rows = Math.floor((height - (kh - 1) * dh - 1) / sh) + 1
    const columns = Math.floor((width - (kw - 1) * dw - 1) / sw) + 1
    const taps: Tensor[] = []
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const begin = [0, i * dh, j * dw, 0]
        const end = [n, i * dh + (rows - 1) * sh + 1, j * dw + (columns - 1) * sw + 1, c]
        taps.push(
          sh === 1 && sw === 1
            ? slice(padded, begin, [n, rows, columns, c])
            : stridedSlice(padded, begin, end, [1, sh, sw, 1]),
        )
      }
    }
    return reshape(taps.length === 1 ? (taps[0] as Tensor) : concat(taps, 3), [n * rows * columns, kh * kw * c])
  })
}
