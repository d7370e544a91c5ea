/**
 * Masks as Keras hands them from layer to layer: which steps of a sequence count. Recurrent layers read the steps that do
 * one behind the other, wherever they lie, so that states never see the others.
 */
import { type Attribute, int, ints } from '../../graph/graph'
import type { Json } from '../json'
import type { Lift, Lifted } from '../lift/builder'
import type { LayerSpec } from './config'

/** A truth value a step: [batch, steps]. */
export type Mask = string

/** Layers that hand on the mask of what they read; all others let it fall, as in Keras. */
const passing =
  /^(Dropout|SpatialDropout1D|AlphaDropout|Gaussian(Dropout|Noise)|ActivityRegularization|Activation|ReLU|LeakyReLU|ELU|PReLU|Identity|Dense|(Batch|Layer|Group|Unit)Normalization|Normalization|Rescaling)$/
const merging = /^(Add|Multiply|Subtract|Maximum|Minimum|Average)$/
export const recurrentKinds = /^(LSTM|GRU|SimpleRNN|RNN|Bidirectional)$/
/** Layers whose answer has the steps of the first value that they read. */
const asking = /^(MultiHeadAttention|GroupQueryAttention|Attention|AdditiveAttention)$/
/** Layers that leave masked steps out themselves, in ways that are not read. */
const refusing = /^(Softmax|TimeDistributed|ConvLSTM.*)$/

/** @throws MODEL_UNSUPPORTED_FEATURE where the layer reads a mask in a way that is not known */
export function checkMask(lift: Lift, layer: LayerSpec, inputs: readonly Lifted[], options: Json): void {
  // One mask for every value of a list is not told from values.
  const several = [options.mask].flat().some((mask) => (mask ?? null) !== null)
  const masked = several || inputs.some(({ mask }) => mask !== undefined)
  const axis = layer.kind === 'Concatenate' ? Number(layer.config.axis ?? -1) : -1
  const along = axis !== -1 && axis !== (inputs[0]?.rank ?? 0) - 1
  const inner = layer.config.layer as { class_name?: unknown } | undefined
  const alike = layer.kind === 'TimeDistributed' && /^(Dense|Activation)$/.test(String(inner?.class_name))
  if (!masked || (!along && !several && (alike || !refusing.test(layer.kind)))) return
  lift.refuse(
    `The layer "${layer.name}" (${layer.kind}) leaves out the steps that a layer before it masks, which Espalier reads for recurrent layers, attention and GlobalAveragePooling1D only. Export the network to ONNX, or train it without mask_zero.`,
  )
}

/** The mask of what a layer made of its inputs. */
export function maskAfter(
  lift: Lift,
  layer: LayerSpec,
  inputs: readonly Lifted[],
  made: readonly Lifted[],
  name: string,
  older: boolean,
): Mask | undefined {
  const masks = inputs.flatMap(({ mask }) => (mask === undefined ? [] : [mask]))
  const [x] = inputs
  if (layer.kind === 'Embedding' && layer.config.mask_zero === true && x) {
    const zero = lift.store('zero', { dtype: 'int32', dims: [], data: Int32Array.of(0) })
    const ids = lift.node('Cast', `${name}/ids`, [lift.last(x)], { to: int(6) })
    return lift.node('Not', `${name}/mask`, [lift.node('Equal', `${name}/padding`, [ids, zero])])
  }
  if (layer.kind === 'Masking') return made[0]?.mask
  if (masks.length === 0) return undefined
  if (layer.kind === 'TimeDistributed' || passing.test(layer.kind)) return masks[0]
  if (asking.test(layer.kind)) return x?.mask
  const joined = (op: 'And' | 'Or') =>
    masks.reduce((all, mask) => (all === mask ? all : lift.node(op, `${name}/mask`, [all, mask])))
  if (layer.kind === 'Concatenate') return joined('And')
  // Keras 2 takes the steps that count in all that have a mask; Keras 3 those that count in any, where all have one.
  if (merging.test(layer.kind)) return older ? joined('And') : masks.length < inputs.length ? undefined : joined('Or')
  const inner = layer.config.layer as { config?: { return_sequences?: unknown } } | undefined
  const sequences = (layer.kind === 'Bidirectional' ? inner?.config : layer.config)?.return_sequences === true
  return recurrentKinds.test(layer.kind) && sequences ? masks[0] : undefined
}

/** Steps with any feature that is not the value. */
export function keptSteps(lift: Lift, x: Lifted, value: number, name: string): Mask {
  const same = lift.node('Equal', `${name}/same`, [lift.last(x), lift.last(lift.scalar(value))])
  const other = lift.node('Cast', `${name}/other`, [lift.node('Not', `${name}/differs`, [same])], { to: int(1) })
  const most = lift.node('ReduceMax', `${name}/most`, [other], { axes: ints([x.rank - 1]), keepdims: int(0) })
  return lift.node('Cast', `${name}/mask`, [most], { to: int(9) })
}

/** Zeros in the masked steps: what Masking hands on. */
export function withoutMasked(lift: Lift, x: Lifted, mask: Mask, name: string): Lifted {
  const factor = lift.node('Unsqueeze', `${name}/steps`, [asFloats(lift, mask, name), lift.numbers('axes', [2])])
  return { ...x, value: lift.node('Mul', name, [lift.last(x), factor]), first: false }
}

/** 1 where a step counts: [batch, steps]. */
const asFloats = (lift: Lift, mask: Mask, name: string): string =>
  lift.node('Cast', `${name}/counts`, [mask], { to: int(1) })

/** The mean over the steps that count. */
export function maskedMean(lift: Lift, x: Lifted, mask: Mask, keep: boolean, name: string): Lifted {
  const kept = withoutMasked(lift, x, mask, `${name}/counted`)
  const axes = lift.numbers('axes', [1])
  const keepdims = { keepdims: int(keep ? 1 : 0) }
  const sum = lift.node('ReduceSum', `${name}/sum`, [kept.value, axes], keepdims)
  const counts = lift.node('Unsqueeze', `${name}/each`, [asFloats(lift, mask, name), lift.numbers('axes', [2])])
  const count = lift.node('ReduceSum', `${name}/count`, [counts, axes], keepdims)
  return { value: lift.node('Div', name, [sum, count]), rank: keep ? 3 : 2, first: false, dtype: 'float' }
}

export interface Compacted {
  /** [batch, steps, features], the steps that count first and in their order. */
  readonly value: string
  /** How many they are: [batch]. */
  readonly lengths: string
  /** Brings a result of the compacted sequence, [batch, steps, units], to the places of the steps. */
  aligned(y: string, direction: 'forward' | 'reverse', zeros: boolean, name: string): string
}

/** Element [b, i] of `places` says which step of sample b comes i-th. */
function picked(lift: Lift, x: string, places: string, name: string): string {
  const at = lift.node('Unsqueeze', `${name}/at`, [places, lift.numbers('axes', [2])])
  return lift.node('GatherND', name, [x, at], { batch_dims: int(1) })
}

/** The steps that count, one behind the other. */
export function compacted(lift: Lift, x: string, mask: Mask, name: string): Compacted {
  const whole: Record<string, Attribute> = { to: int(7) }
  const counts = lift.node('Cast', `${name}/whole`, [mask], whole)
  // How many steps up to this one count.
  const upTo = lift.node('CumSum', `${name}/up_to`, [counts, lift.numbers('axis', [1], true)])
  const lengths = lift.node('ReduceSum', `${name}/length`, [counts, lift.numbers('axes', [1])], { keepdims: int(0) })
  const shape = lift.node('Shape', `${name}/shape`, [mask])
  const steps = lift.node('Gather', `${name}/steps`, [shape, lift.numbers('axis', [1], true)])
  const one = lift.numbers('one', [1], true)
  const places = lift.node('Range', `${name}/places`, [lift.numbers('zero', [0], true), steps, one])
  const numbers = lift.node('Unsqueeze', `${name}/numbers`, [
    lift.node('Add', `${name}/from_one`, [places, one]),
    lift.numbers('axes', [1]),
  ])
  const rows = lift.numbers('axes', [1])
  const hit = lift.node('And', `${name}/hit`, [
    lift.node('Equal', `${name}/same`, [lift.node('Unsqueeze', `${name}/rows`, [upTo, rows]), numbers]),
    lift.node('Unsqueeze', `${name}/mask_rows`, [mask, rows]),
  ])
  const each = lift.node('Mul', `${name}/each`, [lift.node('Cast', `${name}/hits`, [hit], whole), places])
  const order = lift.node('ReduceSum', `${name}/order`, [each, lift.numbers('axes', [2])], { keepdims: int(0) })
  return {
    value: picked(lift, x, order, `${name}/compacted`),
    lengths: lift.node('Cast', `${name}/lengths`, [lengths], { to: int(6) }),
    aligned(y, direction, zeros, label) {
      // Forward, a masked step repeats what came before it, zeros at first; backward, what comes behind it.
      const forward = direction === 'forward'
      const from = forward ? lift.node('Pad', `${label}/padded`, [y, lift.numbers('pads', [0, 1, 0, 0, 0, 0])]) : y
      const at = forward ? upTo : lift.node('Sub', `${label}/before`, [upTo, counts])
      const value = picked(lift, from, at, `${label}/aligned`)
      return zeros
        ? withoutMasked(lift, { value, rank: 3, first: false, dtype: 'float' }, mask, `${label}/zeroed`).value
        : value
    },
  }
}
