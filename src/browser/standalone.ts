import { serve } from './worker.js'

// Onward's own worker: the build writes it, as one text, into embedded/worker.
serve()
