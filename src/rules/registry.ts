import { backprop } from './backprop.js'
import type { AnyRule } from './contract.js'
import { forwardForward } from './forward-forward.js'

/** Every rule there is. Adding a rule is adding its file, its test and one line here. */
export const RULES: readonly AnyRule[] = [forwardForward, backprop]
