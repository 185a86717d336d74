import { checkedName } from '../subjects.js'

/** What a run's things are called on the broker. All runs may share one: each has its own prefix. */
export interface Names {
  /** As the broker has it, of one as the transport has it. */
  subject(subject: string): string
  /** The other way round. */
  own(subject: string): string
  stream(name: string): string
  /** Of values and of objects. */
  readonly bucket: string
}

export function namesOf(run: string): Names {
  const prefix = `onward.${run}.`
  return {
    subject: (subject) => `${prefix}${checkedName(subject)}`,
    own: (subject) => subject.slice(prefix.length),
    stream: (name) => `onward_${run}_${checkedName(name).replaceAll('.', '_')}`,
    bucket: `onward_${run}`,
  }
}
