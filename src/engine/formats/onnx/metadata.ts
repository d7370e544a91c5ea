/** What an ONNX file says about itself, kept in `Graph.metadata` under `onnx.` so that it survives a round trip. */
import type { ModelProto } from './schema'

const texts = ['producer_name', 'producer_version', 'domain', 'doc_string'] as const
const numbers = ['ir_version', 'model_version'] as const
const PROPERTY = 'onnx.property.'
const SHAPE = 'onnx.shape.'
const NODE_DOC = 'onnx.node_doc.'
const GRAPH_DOC = 'onnx.graph_doc_string'
const OPSET = 'onnx.opset'
const OUTPUT_ORDER = 'onnx.output_order'

/** The declared shape of an input or output, as the file had it before the batch was freed. */
export type DeclaredShape = readonly (number | string)[]

export function readMetadata(model: ModelProto): Map<string, string> {
  const metadata = new Map<string, string>()
  for (const key of texts) {
    const value = model[key]
    if (value !== undefined) metadata.set(`onnx.${key}`, value)
  }
  for (const key of numbers) {
    const value = model[key]
    if (value !== undefined) metadata.set(`onnx.${key}`, String(value))
  }
  if (model.graph?.doc_string !== undefined) metadata.set(GRAPH_DOC, model.graph.doc_string)
  for (const { key, value } of model.metadata_props ?? []) metadata.set(PROPERTY + (key ?? ''), value ?? '')
  return metadata
}

/** The inverse of {@link readMetadata}: the fields of a model file. */
export function metadataFields(metadata: ReadonlyMap<string, string>): ModelProto {
  const fields: ModelProto = {}
  for (const key of texts) {
    const value = metadata.get(`onnx.${key}`)
    if (value !== undefined) fields[key] = value
  }
  for (const key of numbers) {
    const value = metadata.get(`onnx.${key}`)
    if (value !== undefined) fields[key] = Number(value)
  }
  const properties = [...metadata]
    .filter(([key]) => key.startsWith(PROPERTY))
    .map(([key, value]) => ({ key: key.slice(PROPERTY.length), value }))
  if (properties.length > 0) fields.metadata_props = properties
  return fields
}

export const graphDocumentation = (metadata: ReadonlyMap<string, string>) => metadata.get(GRAPH_DOC)

export const nodeDocumentationKey = (node: string) => NODE_DOC + node

/** The opset of the default domain that the file was written in. */
export const declaredOpset = (metadata: ReadonlyMap<string, string>): number => Number(metadata.get(OPSET) ?? 0)

export const setDeclaredOpset = (metadata: Map<string, string>, version: number) => {
  metadata.set(OPSET, String(version))
}

export function declaredShape(metadata: ReadonlyMap<string, string>, value: string): DeclaredShape | undefined {
  const json = metadata.get(SHAPE + value)
  return json === undefined ? undefined : (JSON.parse(json) as DeclaredShape)
}

export const setDeclaredShape = (metadata: Map<string, string>, value: string, shape: DeclaredShape) => {
  metadata.set(SHAPE + value, JSON.stringify(shape))
}

/** Notes the order in which the file lists its outputs, for {@link inOutputOrder}. */
export const setOutputOrder = (metadata: Map<string, string>, names: readonly string[]) => {
  metadata.set(OUTPUT_ORDER, JSON.stringify(names))
}

/** Outputs as the file listed them; those that it did not have come last, as they are. */
export function inOutputOrder<T extends { readonly name: string }>(
  metadata: ReadonlyMap<string, string>,
  outputs: readonly T[],
): T[] {
  const json = metadata.get(OUTPUT_ORDER)
  const names = json === undefined ? [] : (JSON.parse(json) as readonly string[])
  const place = ({ name }: T) => (names.includes(name) ? names.indexOf(name) : names.length)
  return [...outputs].sort((a, b) => place(a) - place(b))
}
