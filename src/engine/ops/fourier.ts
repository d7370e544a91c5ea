/** DFT and STFT: Fourier transforms inside a network. What they transform along stays; other axes pass. */
import { type Dim, numberAttribute, type Shape } from '../graph/graph'
import { type InferContext, type Inferred, type Labels, registerOp } from './definition'
import { addDims, floorDivide } from './extents'
import { dftAxis, lowerDft, lowerStft } from './lower/fourier'

/** Real and imaginary part, one behind the other. */
const COMPLEX = 2

const flag = (context: InferContext, name: string, fallback: number): boolean =>
  numberAttribute(context.node, name, fallback) === 1

/** Frequencies of a real signal: the others mirror them. */
const half = (length: Dim): Dim => addDims(floorDivide(length, 2), 1)

/** The opset 20 form: the axis is input 2. One-sided and inverse, it gives real numbers back from half the frequencies. */
registerOp({
  op: 'DFT',
  since: 20,
  lower: lowerDft,
  infer(context): Inferred[] {
    const { dtype, shape } = context.input(0)
    const axis = dftAxis(context, shape.length)
    const [oneSided, inverse] = [flag(context, 'onesided', 0), flag(context, 'inverse', 0)]
    const given = context.has(1)
      ? (context.elements(1)?.[0] ?? context.await('its length is not constant'))
      : oneSided && inverse
        ? lengthBehind(context, shape[axis] as Dim)
        : (shape[axis] as Dim)
    const length = oneSided && !inverse ? half(given) : given
    const last = oneSided && inverse ? 1 : COMPLEX
    const result: Shape = shape.map((dim, i) => (i === axis ? length : dim))
    return [{ dtype, shape: [...result.slice(0, -1), last] }]
  },
  couple(context) {
    const labels = context.labels(0)
    const rank = context.shape(0).length
    const axis = dftAxis(context, rank)
    const apart = ({ axes }: Labels) => !axes.includes(axis) && !axes.includes(rank - 1)
    context.fix(
      labels.filter((entry) => !apart(entry)),
      'held.ordered',
    )
    context.set(0, labels.filter(apart))
  },
})

/** How many samples half the frequencies stand for, where nothing else is said. */
function lengthBehind(context: InferContext, frequencies: Dim): number {
  if (typeof frequencies !== 'number') return context.await('its number of frequencies is not known')
  return 2 * (frequencies - 1)
}

/** [batch, samples, 1] in frames of equal distance: [batch, frames, frequencies, 2]. */
registerOp({
  op: 'STFT',
  since: 17,
  lower: lowerStft,
  infer(context): Inferred[] {
    const { dtype, shape } = context.input(0)
    const step = context.elements(1)?.[0] ?? context.await('its step is not constant')
    const length = context.has(3)
      ? (context.elements(3)?.[0] ?? context.await('its frame length is not constant'))
      : context.has(2)
        ? (context.shape(2)[0] as Dim)
        : context.fail('it has neither a window nor a frame length')
    if (typeof step !== 'number' || typeof length !== 'number') return context.await('its frames are not constant')
    if (shape.length !== 2 && shape.length !== 3) context.fail(`its signal has ${shape.length} axes`)
    const frames = addDims(floorDivide(addDims(shape[1] as Dim, -length), step), 1)
    const frequencies = flag(context, 'onesided', 1) ? half(length) : length
    return [{ dtype, shape: [shape[0] as Dim, frames, frequencies, COMPLEX] }]
  },
  couple(context) {
    context.fix(context.labels(0), 'held.ordered')
    context.fix(context.operand(2), 'held.ordered')
  },
})
