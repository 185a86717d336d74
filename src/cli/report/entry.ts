import { type CommandEntry, flag, JSON_FLAG } from '../command-flags.js'

/** `onward report`: what runs, comparisons and studies tell, as a page. */
export const reportCommand = (): CommandEntry => ({
  name: 'report',
  does: 'write what runs, comparisons and studies tell as one page that opens anywhere',
  takes: {
    '<path...>': 'folders of runs and of comparisons (onward compare --out), journals of studies (onward tune)',
  },
  flags: [
    flag('--out <file>', 'the file; default: report.html in the folder of what was named first'),
    flag('--umap', 'embeddings by UMAP, which takes longer, in place of principal components'),
    flag('--rule <file>', "the file of the runs' rule, where that is none of Onward's; the code in it runs"),
    flag('--changed-rule', 'take that file although it has changed since the training'),
    flag('--data <path>', "where the data of the run are now, if they are one's own and have moved"),
    flag('--data-dir <dir>', 'the folder that holds the files of its data set'),
    JSON_FLAG,
  ],
  load: () => import('./command.js'),
})
