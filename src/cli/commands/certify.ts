import { styleText } from 'node:util'
import { UsageError } from '../../errors.js'
import { certifyRule } from '../../rules/certify.js'
import { findRule } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import { asked } from '../../train/options.js'
import { describeCertificate, LIMITS, UNITS } from '../certificate.js'
import { print, printJson } from '../output/print.js'
import { textWidth, wrapText } from '../output/text.js'
import { readAssignments } from '../settings.js'
import { describeSource } from '../sources.js'
import { toType } from '../to-type.js'

export interface CertifyFlags {
  readonly set?: readonly string[]
  readonly preset?: string
  readonly data: string
  readonly json?: true
}

/** `onward certify [RULE]...`: what each layer's update reads, found in the traced graph; nothing is trained. */
export async function command(ids: readonly string[], flags: CertifyFlags): Promise<void> {
  if (ids.length !== 1 && (flags.preset !== undefined || flags.set !== undefined)) {
    const example = toType('certify', RULES[0]!.id, '--preset', 'NAME')
    throw new UsageError(`A preset and options belong to one rule: name one, as in ${example}.`)
  }
  const rules = ids.length === 0 ? RULES : await Promise.all(ids.map(findRule))
  const certified = rules.map((rule) => {
    const { hyper } = asked(rule, { preset: flags.preset, hyper: readAssignments(rule, flags.set) })
    return { rule, certificate: certifyRule(rule, flags.data, hyper) }
  })
  if (flags.json)
    return printJson(
      certified.map(({ rule: { id, source, reconstructed }, certificate: { local, layers } }) => {
        return { rule: id, source, reconstructed, local, units: UNITS, layers }
      }),
    )
  const width = textWidth()
  for (const { rule, certificate } of certified) {
    print(`${styleText('bold', rule.id)} (${describeSource(rule)})`, ...describeCertificate(certificate, width), '')
  }
  print(...wrapText(LIMITS, width))
}
