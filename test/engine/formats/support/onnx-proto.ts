/** ONNX files written by somebody else's protocol-buffer code, so that tests do not check the reader with its own writer. */
import protobuf from 'protobufjs'

const schema = `
syntax = "proto2";
package onnx;
message StringStringEntryProto { optional string key = 1; optional string value = 2; }
message TensorProto {
  repeated int64 dims = 1; optional int32 data_type = 2;
  repeated float float_data = 4 [packed = true]; repeated int32 int32_data = 5 [packed = true];
  repeated bytes string_data = 6; repeated int64 int64_data = 7 [packed = true]; optional string name = 8;
  optional bytes raw_data = 9; repeated double double_data = 10 [packed = true]; repeated uint64 uint64_data = 11 [packed = true];
  repeated StringStringEntryProto external_data = 13; optional int32 data_location = 14;
}
message AttributeProto {
  optional string name = 1; optional float f = 2; optional int64 i = 3; optional bytes s = 4; optional TensorProto t = 5;
  optional GraphProto g = 6; repeated float floats = 7; repeated int64 ints = 8; repeated bytes strings = 9;
  optional int32 type = 20; optional string ref_attr_name = 21;
}
message NodeProto {
  repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4;
  repeated AttributeProto attribute = 5; optional string doc_string = 6; optional string domain = 7;
}
message TensorShapeProto {
  message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
  repeated Dimension dim = 1;
}
message TypeProto {
  message Tensor { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
  message Sequence { optional TypeProto elem_type = 1; }
  optional Tensor tensor_type = 1; optional Sequence sequence_type = 4;
}
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
message GraphProto {
  repeated NodeProto node = 1; optional string name = 2; repeated TensorProto initializer = 5; optional string doc_string = 10;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; repeated ValueInfoProto value_info = 13;
}
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
message FunctionProto {
  optional string name = 1; repeated string input = 4; repeated string output = 5; repeated string attribute = 6;
  repeated NodeProto node = 7; repeated OperatorSetIdProto opset_import = 9; optional string domain = 10;
}
message ModelProto {
  optional int64 ir_version = 1; repeated OperatorSetIdProto opset_import = 8; optional string producer_name = 2;
  optional string producer_version = 3; optional string domain = 4; optional int64 model_version = 5; optional string doc_string = 6;
  optional GraphProto graph = 7; repeated StringStringEntryProto metadata_props = 14; repeated FunctionProto functions = 25;
}`

const root = protobuf.parse(schema, { keepCase: true }).root
const model = root.lookupType('onnx.ModelProto')

/** Plain objects with the field names of onnx.proto. */
export type Plain = { [field: string]: unknown }

export const encodeModel = (plain: Plain): Uint8Array => {
  const problem = model.verify(plain)
  if (problem) throw new Error(problem)
  return new Uint8Array(model.encode(model.fromObject(plain)).finish())
}

export const decodeModel = (bytes: Uint8Array): Plain =>
  model.toObject(model.decode(bytes), { longs: Number, arrays: true }) as Plain

export const value = (name: string, shape: readonly (number | string)[] | null, type = 1): Plain => ({
  name,
  type: {
    tensor_type: {
      elem_type: type,
      ...(shape
        ? { shape: { dim: shape.map((dim) => (typeof dim === 'number' ? { dim_value: dim } : { dim_param: dim })) } }
        : {}),
    },
  },
})

export const floats = (name: string, dims: readonly number[], values: readonly number[]): Plain => ({
  name,
  dims,
  data_type: 1,
  float_data: values,
})

export const integers = (name: string, values: readonly number[], dims = [values.length]): Plain => ({
  name,
  dims,
  data_type: 7,
  int64_data: values,
})

const types = { i: 2, f: 1, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 } as const

/** Attributes by their field: `{ axis: { i: 1 }, mode: { s: 'linear' } }`. */
export type Attributes = Readonly<Record<string, Partial<Record<keyof typeof types, unknown>>>>

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Plain => ({
  op_type: op,
  name: `${op}_${outputs[0]}`,
  input: inputs,
  output: outputs,
  attribute: Object.entries(attributes).map(([name, field]) => {
    const [key, content] = Object.entries(field)[0] as [keyof typeof types, unknown]
    const stored = key === 's' ? new TextEncoder().encode(content as string) : content
    return { name, type: types[key], [key]: stored }
  }),
})

export interface SmallModel {
  readonly opset?: number
  readonly inputs?: readonly Plain[]
  readonly outputs: readonly Plain[]
  readonly nodes: readonly Plain[]
  readonly weights?: readonly Plain[]
  /** Of values in between. */
  readonly declared?: readonly Plain[]
  readonly more?: Plain
}

export const smallModel = ({
  opset = 17,
  inputs = [],
  outputs,
  nodes,
  weights = [],
  declared = [],
  more = {},
}: SmallModel): Plain => ({
  ir_version: 8,
  opset_import: [{ domain: '', version: opset }],
  graph: { name: 'small', node: nodes, input: inputs, output: outputs, initializer: weights, value_info: declared },
  ...more,
})
