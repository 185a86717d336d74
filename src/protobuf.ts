import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf'
import {
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'

const SCALARS: Record<string, Type> = {
  ...{ int64: Type.INT64, int32: Type.INT32, string: Type.STRING, bytes: Type.BYTES },
  ...{ double: Type.DOUBLE, float: Type.FLOAT, bool: Type.BOOL },
}

/**
 * Descriptions of messages of a package, made as the program runs: of each the field number, name and type of its
 * fields; `*` marks a list. `syntax`: in proto2 a field that is set is written, also where it is 0.
 */
export function messagesOf(
  name: string,
  messages: Readonly<Record<string, readonly string[]>>,
  syntax: 'proto2' | 'proto3' = 'proto3',
): (message: string) => DescMessage {
  const field = (text: string): FieldDescriptorProto => {
    const [number, own, type] = text.split(' ') as [string, string, string]
    const base = type.replace('*', '')
    return create(FieldDescriptorProtoSchema, {
      name: own,
      number: Number(number),
      label: type.endsWith('*') ? Label.REPEATED : Label.OPTIONAL,
      ...(SCALARS[base] ? { type: SCALARS[base] } : { type: Type.MESSAGE, typeName: `.${name}.${base}` }),
    })
  }
  const registry = createFileRegistry(
    create(FileDescriptorProtoSchema, {
      ...{ name: `${name}.proto`, package: name, syntax },
      messageType: Object.entries(messages).map(([own, fields]) => ({ name: own, field: fields.map(field) })),
    }),
    () => undefined,
  )
  return (message) => registry.getMessage(`${name}.${message}`) as DescMessage
}
