import { UsageError } from '../../errors.js'
import type { Certificate } from '../../locality/certificate.js'
import { certifyRule } from '../../rules/certify.js'
import type { AnyRule } from '../../rules/contract.js'
import { findRule } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import { asked } from '../../train/options.js'
import { describeCertificate } from '../certificate.js'
import { print } from '../output/print.js'
import { styleOf } from '../output/style.js'
import { readAssignments } from '../settings.js'
import { describeSource } from '../sources.js'
import { startedAs } from '../started-as.js'

export interface CertifyFlags {
  readonly set?: readonly string[]
  readonly preset?: string
  readonly data: string
  readonly json?: true
}

/** `onward certify [RULE]...`: what each layer's update reads, found in the traced graph; nothing is trained. */
export async function certifyCommand(ids: readonly string[], flags: CertifyFlags): Promise<void> {
  if (ids.length !== 1 && (flags.preset !== undefined || flags.set !== undefined))
    throw new UsageError(
      `A preset and options belong to one rule: name one, as in ${startedAs()} certify ${RULES[0]!.id} --preset NAME.`,
    )
  const rules = ids.length === 0 ? RULES : await Promise.all(ids.map(findRule))
  const certificates = rules.map((rule) => {
    const { hyper } = asked(rule, { preset: flags.preset, hyper: readAssignments(rule, flags.set) })
    return { rule, certificate: certifyRule(rule, flags.data, hyper) }
  })
  if (flags.json) {
    print(JSON.stringify(certificates.map(({ rule, certificate }) => toJson(rule, certificate))))
    return
  }
  const style = styleOf(process.stdout)
  const paragraphs = certificates.map(({ rule, certificate }) => [
    `${style.bold(rule.id)} (${describeSource(rule)})`,
    ...describeCertificate(certificate, style, Math.min(100, process.stdout.columns || 100)),
  ])
  print(...paragraphs.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])))
}

const toJson = (rule: AnyRule, { local, layers }: Certificate): unknown => ({
  rule: rule.id,
  reconstructed: rule.reconstructed,
  local,
  layers,
})
