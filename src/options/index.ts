export { checkEffect, checkOptions, inEffect, isInEffect, unknownOption } from './check.js'
export {
  describeKind,
  describeOption,
  type Kind,
  type Option,
  optionTable,
  refusal,
  type Search,
  showValue,
} from './table.js'
export { isGroup, merge, parseValue, type Values, valueAt, withValue } from './values.js'
