/** The pieces of a TF GraphDef as TF.js's model.json spells them. */

export type AttributeValue =
  | { readonly type: string }
  | { readonly b: boolean }
  | { readonly i: string }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly shape: ShapeProto }
  | { readonly list: { readonly i?: readonly string[]; readonly s?: readonly string[] } }
  | { readonly tensor: { readonly dtype: string; readonly tensorShape: ShapeProto } }

export interface ShapeProto {
  readonly dim: readonly { readonly size: string }[]
}

export interface NodeDef {
  readonly name: string
  readonly op: string
  readonly input?: readonly string[]
  readonly attr: Readonly<Record<string, AttributeValue>>
}

/** Where a file of ours says in which order images are fed: `nchw` or `nhwc`. */
export const layoutKey = 'espalier.inputLayout'

/** Base64 of an ASCII text, as protobuf's JSON form writes bytes. */
export const bytesText = (text: string): { readonly s: string } => ({ s: btoa(text) })

export const floats = { type: 'DT_FLOAT' } as const
export const integers = { type: 'DT_INT32' } as const
export const truths = { type: 'DT_BOOL' } as const

/** -1 where an extent is not known. */
export const shapeProto = (dims: readonly number[]): ShapeProto => ({ dim: dims.map((dim) => ({ size: String(dim) })) })

export const integerList = (values: readonly number[]): { readonly list: { readonly i: readonly string[] } } => ({
  list: { i: values.map(String) },
})
