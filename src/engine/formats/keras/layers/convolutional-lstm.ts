/** ConvLSTM1D to 3D: an LSTM whose products are convolutions, written out step by step (Shi et al., NIPS 2015). */
import { int } from '../../../graph/graph'
import { activation } from '../../lift/activations'
import type { Lifted } from '../../lift/builder'
import { convolution, type Window } from '../../lift/operators'
import { flagIn, type LayerContext, type LayerRule, nameOf, requireChannelsLast } from './rule'
import { windowOf } from './weighted'

/** Longer films are not written out. */
const mostSteps = 256

/** Where time lies in the graph: behind samples and channels. */
const TIME = 2

/** How many pictures the film has. */
function stepsOf(context: LayerContext): number {
  const { lift, name, kind, x } = context
  const steps = lift.shapeOf(lift.first(x))?.[TIME]
  if (typeof steps === 'number' && steps >= 1 && steps <= mostSteps) return steps
  return lift.refuse(
    `The layer "${name}" (${kind}) is written out step by step, and ${typeof steps === 'number' ? `${steps} steps are more than ${mostSteps}` : 'how many there are is not known'}. Save the network with a fixed number of steps, at most ${mostSteps}.`,
  )
}

function check(context: LayerContext, spatial: number): void {
  const { lift, name, kind, x, inputs, config } = context
  requireChannelsLast(context)
  if (x.rank !== spatial + 3)
    lift.invalid(`The layer "${name}" (${kind}) reads a value of ${x.rank} axes where a film has ${spatial + 3}.`)
  if (inputs.length > 1)
    lift.refuse(`The layer "${name}" (${kind}) starts from states that it is given, which Espalier does not read.`)
  if (config.stateful === true)
    lift.refuse(
      `The layer "${name}" keeps its state between batches, which Espalier does not follow. Save it with stateful=False.`,
    )
}

const convolutional =
  (spatial: number): LayerRule =>
  (context) => {
    check(context, spatial)
    const { lift, name, config, x } = context
    const steps = stepsOf(context)
    const kernel = context.weight(0, 'kernel')
    const recurrent = context.weight(1, 'recurrent_kernel')
    const bias = flagIn(context, 'use_bias', true) ? context.weight(2, 'bias') : undefined
    const window = windowOf(context, spatial)
    const own: Window = { strides: Array(spatial).fill(1), dilations: Array(spatial).fill(1), padding: 'SAME' }
    const map = (value: string): Lifted => ({ value, rank: spatial + 2, first: true, dtype: 'float' })
    const act = (key: string, otherwise: string, at: string, of: Lifted): Lifted => {
      const kind = nameOf(config[key], otherwise).toLowerCase()
      return kind === 'linear' ? of : activation(lift, kind, at, of, context.older)
    }
    const main = (at: string, of: Lifted) => act('activation', 'tanh', at, of)
    const gate = (at: string, of: Lifted) =>
      act('recurrent_activation', context.older ? 'hard_sigmoid' : 'sigmoid', at, of)
    const film = lift.first(x)
    let state: Lifted | undefined
    let memory: Lifted | undefined
    const states: Lifted[] = []
    for (let t = 0; t < steps; t++) {
      const at = `${name}/step_${t}`
      const place = flagIn(context, 'go_backwards', false) ? steps - 1 - t : t
      const picture = lift.node('Gather', `${at}/picture`, [film, lift.numbers('place', [place], true)], {
        axis: int(TIME),
      })
      const seen = convolution(lift, `${at}/input`, map(picture), kernel, bias, window)
      // The first state is zero, and adds nothing.
      const all: Lifted = state
        ? lift.elementwise('Add', `${at}/sum`, [
            seen,
            convolution(lift, `${at}/state`, state, recurrent, undefined, own),
          ])
        : seen
      const [i, f, c, o] = lift.nodeOf('Split', `${at}/gates`, [lift.first(all)], { axis: int(1) }, 4).map(map) as [
        Lifted,
        Lifted,
        Lifted,
        Lifted,
      ]
      const fresh = lift.elementwise('Mul', `${at}/fresh`, [gate(`${at}/i`, i), main(`${at}/c`, c)])
      memory = memory
        ? lift.elementwise('Add', `${at}/memory`, [
            lift.elementwise('Mul', `${at}/kept`, [gate(`${at}/f`, f), memory]),
            fresh,
          ])
        : fresh
      state = lift.elementwise('Mul', at, [gate(`${at}/o`, o), main(`${at}/shown`, memory)])
      states.push(state)
    }
    const last = state as Lifted
    const result = config.return_sequences === true ? everyStep() : last
    return config.return_state === true ? [result, last, memory as Lifted] : [result]

    function everyStep(): Lifted {
      const parts = states.map((each, t) =>
        lift.node('Unsqueeze', `${name}/of_step_${t}`, [lift.first(each), lift.numbers('axes', [TIME])]),
      )
      return {
        value: lift.node('Concat', name, parts, { axis: int(TIME) }),
        rank: spatial + 3,
        first: true,
        dtype: 'float',
      }
    }
  }

export const convolutionalLstms: Readonly<Record<string, LayerRule>> = {
  ConvLSTM1D: convolutional(1),
  ConvLSTM2D: convolutional(2),
  ConvLSTM3D: convolutional(3),
}
