import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { messagesOf } from '../protobuf.js'

/** The part of onnx.proto (IR version 8) that Onward writes and reads: field number, name, type; `*` marks a list. */
const MESSAGES: Record<string, readonly string[]> = {
  ModelProto: [
    ...['1 ir_version int64', '2 producer_name string'],
    ...['7 graph GraphProto', '8 opset_import OperatorSetIdProto*'],
  ],
  OperatorSetIdProto: ['1 domain string', '2 version int64'],
  GraphProto: [
    ...['1 node NodeProto*', '2 name string', '5 initializer TensorProto*'],
    ...['11 input ValueInfoProto*', '12 output ValueInfoProto*'],
  ],
  NodeProto: [
    ...['1 input string*', '2 output string*', '3 name string', '4 op_type string'],
    ...['5 attribute AttributeProto*', '7 domain string'],
  ],
  AttributeProto: [
    ...['1 name string', '3 i int64', '4 s bytes', '5 t TensorProto'],
    ...['6 g GraphProto', '8 ints int64*', '20 type int32'],
  ],
  TensorProto: ['1 dims int64*', '2 data_type int32', '8 name string', '9 raw_data bytes'],
  ValueInfoProto: ['1 name string', '2 type TypeProto'],
  TypeProto: ['1 tensor_type Tensor'],
  Tensor: ['1 elem_type int32', '2 shape TensorShapeProto'],
  TensorShapeProto: ['1 dim Dimension*'],
  Dimension: ['1 dim_value int64', '2 dim_param string'],
}

const messageOf = messagesOf('onnx', MESSAGES)

/** A message of onnx.proto, by its name; in our own words, so that our types ask for none of another package. */
export interface Message {
  readonly $typeName: string
}

/** Makes a message of onnx.proto; fields are named in camel case. */
export const proto = (name: string, fields: Record<string, unknown>): Message => create(messageOf(name), fields)

const MODEL = messageOf('ModelProto')
export const encodeModel = (model: Message): Uint8Array<ArrayBuffer> => toBinary(MODEL, model)

/** Reads a model, whoever wrote it. Throws on bytes that are none. */
export const decodeModel = (bytes: Uint8Array): Message => fromBinary(MODEL, bytes)
