/** A picture that is drawn pixel by pixel, and again whenever what it is made of changes. */
import { type ShallowRef, watchPostEffect } from 'vue'

export interface Pixels {
  readonly width: number
  readonly height: number
  /** Red, green, blue and opacity of each pixel, row by row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>
}

export function usePixels(canvas: Readonly<ShallowRef<HTMLCanvasElement | null>>, picture: () => Pixels): void {
  watchPostEffect(() => {
    const context = canvas.value?.getContext('2d')
    if (!context || !canvas.value) return
    const { width, height, pixels } = picture()
    canvas.value.width = width
    canvas.value.height = height
    context.putImageData(new ImageData(pixels, width, height), 0, 0)
  })
}
