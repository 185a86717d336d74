import type { Scores } from '../../train/events.js'
import { showFigure } from './table.js'

/** Every figure once, of the network and of its parts: `validation accuracy 95.10 % (layer 0 91.20 %)`. */
export function inWords({ network = {}, blocks = {} }: Scores): string[] {
  const names = new Set([network, ...Object.values(blocks)].flatMap((own) => Object.keys(own)))
  return [...names].map((name) => {
    const show = (value: number): string => showFigure(name, value)
    const parts = Object.entries(blocks).flatMap(([block, { [name]: own }]) =>
      own === undefined ? [] : [`${block} ${show(own)}`],
    )
    const whole = network[name]
    if (whole === undefined) return `validation ${name}: ${parts.join(', ')}`
    return `validation ${name} ${show(whole)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`
  })
}
