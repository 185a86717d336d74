import { importRule } from '../../../src/browser/rule-module.js'
import { serve } from '../../../src/browser/worker.js'
import { decodeCheckpoint } from '../../../src/train/checkpoint.js'
import { encodeJson } from '../../../src/train/run-files.js'
import { dataSource } from './data.js'
import { describe } from './describe.js'
import { labMethods } from './inside.js'
import type { Found, Samples, Wanted } from './protocol.js'
import { ruleOf, wantedOf } from './wanted.js'

// The worker in which everything of Onward happens: tracing, certificates, training. The page only draws.

serve({
  data: dataSource(),
  methods: labMethods,
  answers: {
    describe: async (wanted: Wanted, module?: string, samples?: Samples) =>
      describe(wanted, module === undefined ? ruleOf(wanted) : await importRule({ module }), samples),
    readRun(bytes: Uint8Array, name: string): Found {
      const checkpoint = decodeCheckpoint(bytes, name)
      const { rule, data, settings } = checkpoint
      return { wanted: wantedOf(checkpoint), config: encodeJson({ rule, data, ...settings }) }
    },
  },
})
