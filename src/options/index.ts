export { checkEffect, checkOptions } from './check.js'
export { describeKind, describeOption, type Kind, type Option, optionTable, showValue } from './table.js'
export { findOption, isGroup, keysOf, merge, parseValue, type Values, withValue } from './values.js'
