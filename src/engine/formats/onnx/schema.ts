/** The messages of onnx.proto that a network is made of (ONNX IR specification; field numbers as published). */
import type { MessageOf } from './message'

const entry = { key: { id: 1, kind: 'string' }, value: { id: 2, kind: 'string' } } as const

const dimension = { dim_value: { id: 1, kind: 'int' }, dim_param: { id: 2, kind: 'string' } } as const
const tensorShape = { dim: { id: 1, kind: 'many', message: dimension } } as const
const tensorType = { elem_type: { id: 1, kind: 'int' }, shape: { id: 2, kind: 'one', message: tensorShape } } as const

/** Sequence, map, sparse and optional types are only noticed, so that they can be refused by name. */
const type = {
  tensor_type: { id: 1, kind: 'one', message: tensorType },
  sequence_type: { id: 4, kind: 'bytes' },
  map_type: { id: 5, kind: 'bytes' },
  sparse_tensor_type: { id: 8, kind: 'bytes' },
  optional_type: { id: 9, kind: 'bytes' },
} as const

export const valueInfoMessage = {
  name: { id: 1, kind: 'string' },
  type: { id: 2, kind: 'one', message: type },
  doc_string: { id: 3, kind: 'string' },
} as const

const tensor = {
  dims: { id: 1, kind: 'ints' },
  data_type: { id: 2, kind: 'int' },
  segment: { id: 3, kind: 'bytes' },
  float_data: { id: 4, kind: 'float32s' },
  int32_data: { id: 5, kind: 'int32s' },
  string_data: { id: 6, kind: 'byteLists' },
  int64_data: { id: 7, kind: 'int64s' },
  name: { id: 8, kind: 'string' },
  raw_data: { id: 9, kind: 'bytes' },
  double_data: { id: 10, kind: 'float64s' },
  uint64_data: { id: 11, kind: 'uint64s' },
  doc_string: { id: 12, kind: 'string' },
  external_data: { id: 13, kind: 'many', message: entry },
  data_location: { id: 14, kind: 'int' },
} as const

/** Subgraphs stay undecoded (see subgraph.ts), so that reading is never deep. */
const attribute = {
  name: { id: 1, kind: 'string' },
  f: { id: 2, kind: 'float' },
  i: { id: 3, kind: 'int' },
  s: { id: 4, kind: 'bytes' },
  t: { id: 5, kind: 'one', message: tensor },
  g: { id: 6, kind: 'bytes' },
  floats: { id: 7, kind: 'float32s' },
  ints: { id: 8, kind: 'ints' },
  strings: { id: 9, kind: 'byteLists' },
  tensors: { id: 10, kind: 'byteLists' },
  graphs: { id: 11, kind: 'byteLists' },
  tp: { id: 14, kind: 'bytes' },
  type: { id: 20, kind: 'int' },
  ref_attr_name: { id: 21, kind: 'string' },
  sparse_tensor: { id: 22, kind: 'bytes' },
} as const

const node = {
  input: { id: 1, kind: 'strings' },
  output: { id: 2, kind: 'strings' },
  name: { id: 3, kind: 'string' },
  op_type: { id: 4, kind: 'string' },
  attribute: { id: 5, kind: 'many', message: attribute },
  doc_string: { id: 6, kind: 'string' },
  domain: { id: 7, kind: 'string' },
  overload: { id: 8, kind: 'string' },
} as const

export const graphMessage = {
  node: { id: 1, kind: 'many', message: node },
  name: { id: 2, kind: 'string' },
  initializer: { id: 5, kind: 'many', message: tensor },
  doc_string: { id: 10, kind: 'string' },
  input: { id: 11, kind: 'many', message: valueInfoMessage },
  output: { id: 12, kind: 'many', message: valueInfoMessage },
  value_info: { id: 13, kind: 'byteLists' },
  sparse_initializer: { id: 15, kind: 'byteLists' },
} as const

const operatorSet = { domain: { id: 1, kind: 'string' }, version: { id: 2, kind: 'int' } } as const

const localFunction = {
  name: { id: 1, kind: 'string' },
  input: { id: 4, kind: 'strings' },
  output: { id: 5, kind: 'strings' },
  attribute: { id: 6, kind: 'strings' },
  node: { id: 7, kind: 'many', message: node },
  opset_import: { id: 9, kind: 'many', message: operatorSet },
  domain: { id: 10, kind: 'string' },
  attribute_proto: { id: 11, kind: 'many', message: attribute },
  overload: { id: 13, kind: 'string' },
} as const

export const modelMessage = {
  ir_version: { id: 1, kind: 'int' },
  producer_name: { id: 2, kind: 'string' },
  producer_version: { id: 3, kind: 'string' },
  domain: { id: 4, kind: 'string' },
  model_version: { id: 5, kind: 'int' },
  doc_string: { id: 6, kind: 'string' },
  graph: { id: 7, kind: 'one', message: graphMessage },
  opset_import: { id: 8, kind: 'many', message: operatorSet },
  metadata_props: { id: 14, kind: 'many', message: entry },
  functions: { id: 25, kind: 'many', message: localFunction },
} as const

export type ModelProto = MessageOf<typeof modelMessage>
export type GraphProto = MessageOf<typeof graphMessage>
export type NodeProto = MessageOf<typeof node>
export type AttributeProto = MessageOf<typeof attribute>
export type TensorProto = MessageOf<typeof tensor>
export type ValueInfoProto = MessageOf<typeof valueInfoMessage>
export type FunctionProto = MessageOf<typeof localFunction>

/** AttributeProto.type */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const
