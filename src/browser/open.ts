import type { Certificate } from '../certificate/certificate.js'
import type { Samples } from '../data/index.js'
import type { OpenRequest, OpenRunRequest, Place, RunFiles, Session } from './session.js'

/**
 * Opens a rule on data, in a worker, ready to be trained. Throws a UserError for what is wrong with them, before
 * anything is kept; and where `keep` names a run that is there already (`openRun` goes on with it).
 */
export declare function open(request: OpenRequest): Promise<Session>

/**
 * Opens a run to use it or to go on with it: the files of its folder, or the name under which the browser keeps it,
 * which it then goes on to be kept under. It may have begun in another page, or in Node.
 */
export declare function openRun(run: RunFiles | string, request?: OpenRunRequest): Promise<Session>

/**
 * What each block's update reads, without opening a session: quick, for a rule that is being written. `on`: the name of
 * a data set that Onward knows, or what samples are. Throws a UserError with the line of the module that is wrong.
 */
export declare function certify(
  request: {
    readonly rule: OpenRequest['rule']
    readonly on: string | Pick<Samples, 'input' | 'target'>
    readonly hyper?: OpenRequest['hyper']
    /** Ends the worker at once, as where a rule never comes to its end. */
    readonly signal?: AbortSignal | undefined
  } & Pick<Place, 'worker'>,
): Promise<Certificate>
