/** Convolutions, plain, depthwise and fused, by kernel name so that strides and dilations may both differ from 1. */
import * as tf from '@tensorflow/tfjs-core'
import { type AttributeMap, type GradientContext, numberOf, numbersOf, registerOperation } from './operation'

/** Kernel attributes from the GraphDef's: strides and dilations [1, h, w, 1], explicit_paddings of 8 numbers. */
function kernelAttributes(attributes: AttributeMap) {
  const [, strideHeight, strideWidth] = numbersOf(attributes, 'strides')
  const [, dilationHeight, dilationWidth] = numbersOf(attributes, 'dilations')
  const p = numbersOf(attributes, 'explicit_paddings')
  return {
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    pad: [
      [0, 0],
      [p[2], p[3]],
      [p[4], p[5]],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dimRoundingMode: undefined,
  }
}

const kernel = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor

function convolution(op: string, names: { forward: string; input: string; filter: string }): void {
  registerOperation({
    op,
    needs: { inputs: 'all' },
    run: ([x, filter], attributes) => [
      kernel(names.forward, { x: x as tf.Tensor, filter: filter as tf.Tensor }, kernelAttributes(attributes)),
    ],
    gradient(context: GradientContext) {
      const dy = context.dy[0] as tf.Tensor
      const [x, filter] = context.inputs as [tf.Tensor, tf.Tensor]
      const attributes = kernelAttributes(context.attributes)
      return [
        context.wants(0) ? kernel(names.input, { dy, filter }, { ...attributes, inputShape: x.shape }) : null,
        context.wants(1) ? kernel(names.filter, { x, dy }, { ...attributes, filterShape: filter.shape }) : null,
      ]
    },
  })
}

convolution('Conv2D', { forward: 'Conv2D', input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' })
convolution('DepthwiseConv2dNative', {
  forward: 'DepthwiseConv2dNative',
  input: 'DepthwiseConv2dNativeBackpropInput',
  filter: 'DepthwiseConv2dNativeBackpropFilter',
})

const activations: Readonly<Record<string, string>> = { Relu: 'relu', Relu6: 'relu6', LeakyRelu: 'leakyrelu' }

/** Fused forms appear in inference programs only, so they have no gradient. */
function fused(op: string, forward: string): void {
  registerOperation({
    op,
    run: ([x, filter, bias], attributes) => {
      const [, activation] = String(attributes.fused_ops).split(',')
      return [
        kernel(
          forward,
          { x: x as tf.Tensor, filter: filter as tf.Tensor, bias: bias as tf.Tensor },
          {
            ...kernelAttributes(attributes),
            activation: activation ? activations[activation] : 'linear',
            leakyreluAlpha: activation === 'LeakyRelu' ? numberOf(attributes, 'leakyrelu_alpha') : 0,
          },
        ),
      ]
    },
  })
}
fused('_FusedConv2D', 'FusedConv2D')
fused('FusedDepthwiseConv2dNative', 'FusedDepthwiseConv2D')
