import type { Values } from '../../../src/options/values.js'
import { type Catalogue, type RuleEntry, ruleIn, startOf } from './catalogue.js'
import { type Experiment, spread } from './experiment.js'

/** Options that say what the layers are, where rules share the option `network`. */
const LAYERS = ['network', 'units', 'kernel', 'poolAfter']

/** Options of training that say which samples are learned, in which order, changed how, and for how long. */
const SAMPLES = ['epochs', 'batch', 'seed', 'limit', 'validation', 'augment']

const has = ({ options }: RuleEntry, name: string): boolean => options.some((option) => option.name === name)

/** Whether `units` are those of dense layers, or of whatever `network` says: elsewhere they are channels or cells. */
const sharesLayers = (rule: RuleEntry): boolean =>
  has(rule, 'units') && (has(rule, 'network') || !has(rule, 'poolAfter'))

/** Another rule on the same data in the same order, from the same seed: the same layers where that means the same. */
export function rivalOf(experiment: Experiment, id: string, catalogue: Catalogue): Experiment {
  const { data, hyper, options, preset: named } = experiment
  const [own, other] = [ruleIn(catalogue, experiment.rule)!, ruleIn(catalogue, id)!]
  const preset = named === undefined ? undefined : own.presets[named]
  const setTo = (name: string): unknown => {
    const option = own.options.find((each) => each.name === name)
    return hyper[name] ?? (option && startOf(option, preset))
  }
  const same: Values =
    sharesLayers(own) && sharesLayers(other)
      ? Object.fromEntries(
          LAYERS.filter((name) => has(own, name) && has(other, name)).map((name) => [name, setTo(name)]),
        )
      : {}
  // Kernels have an effect in convolutional networks alone.
  const layers = same.network === 'convolutional' ? same : 'units' in same ? { units: same.units } : {}
  const isDense = same.network !== 'convolutional'
  return {
    ...{ rule: id, data, race: [] },
    hyper:
      Object.keys(layers).length > 0 && isDense && has(other, 'network') ? { network: 'dense', ...layers } : layers,
    options: {
      ...{ epochs: own.training.epochs, batch: own.training.batch },
      ...Object.fromEntries(spread(preset?.train ?? {}).filter(([name]) => SAMPLES.includes(name.split('.')[0]!))),
      ...options,
    },
  }
}
