import { ATTACK, type Example } from '../own/examples.js'
import type { Experiment } from '../state/experiment.js'

export interface StoryPage {
  /** Paragraphs. */
  readonly text: readonly string[]
  readonly link?: { readonly text: string; readonly url: string }
  readonly experiment: Experiment
  /** A rule that is read and drawn beside the text, and not trained. */
  readonly attack?: Example
}

/** A few pages, each a state of the lab with a few sentences. Nothing is started by turning a page. */
export interface Story {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly pages: readonly StoryPage[]
}

const at = (rule: string, more: Partial<Experiment> = {}): Experiment => ({
  ...{ rule, data: 'glyphs', preset: 'quick', hyper: {}, options: {}, race: [] },
  ...more,
})

const arxiv = (text: string, id: string) => ({ text, url: `https://arxiv.org/abs/${id}` })

const forwardForward = (negatives: string): Experiment =>
  at('forward-forward', { hyper: { units: [300, 300], negatives } })

export const STORIES: readonly Story[] = [
  {
    id: 'never-talk',
    title: 'Layers that never talk',
    about: 'How a layer can learn when nothing comes down to it.',
    pages: [
      {
        text: [
          'Backpropagation sends one error through all layers: whoever is at the bottom waits for whoever is at the top. Here no layer waits. Each has a number of its own, its goodness, which is large where the layer is busy.',
          'Press Train. The two histograms in a box are of its goodness: of images with their true label, and of images with a wrong one. They move apart only a little: what a layer has to tell apart is one and the same image, with its true label and with a wrong one.',
        ],
        link: arxiv('Hinton 2022, The Forward-Forward Algorithm', '2212.13345'),
        experiment: forwardForward('uniform'),
      },
      {
        text: [
          'Turn on slow motion. A step has three phases: true data go up, false data go up, and then every layer changes its own weights. Look at the arrows: none points down.',
          'The sentence above the drawing is no claim of a paper. It was read from the graph of what is computed, just now, in this page.',
        ],
        experiment: forwardForward('uniform'),
      },
      {
        text: [
          'The same layers by backpropagation: now an arrow comes down to every layer below the output, since each derivative is made of those above it. Press Train to race the two. Forward-Forward races with its own settings: its negatives are harder ones.',
        ],
        experiment: at('backprop', { hyper: { units: [300, 300] }, race: ['forward-forward'] }),
      },
    ],
  },
  {
    id: 'negatives',
    title: 'What a negative is, and how it can cheat',
    about: 'False data have to be false in the right way.',
    pages: [
      {
        text: [
          'To learn what is true, a layer needs something false. Here it is the same image with a wrong label, any of the nine. That is honest, and a little lazy: most wrong labels are easy to tell.',
        ],
        experiment: forwardForward('uniform'),
      },
      {
        text: [
          'Now the wrong label is one that a small head above the layers finds likely. It is harder, and it teaches more. But it has a price: what a layer is fed is now chosen above it. See the dashed line: about three bits an image. No gradient comes down, only a choice.',
        ],
        experiment: forwardForward('hard'),
      },
      {
        text: [
          'And here every image keeps the same wrong label for ever. A layer can now learn images by heart, label and all. Train, and compare what it says of held-out images with the loss on its own.',
        ],
        experiment: forwardForward('fixed'),
      },
    ],
  },
  {
    id: 'settles',
    title: 'A network that settles',
    about: 'The answer is where nothing moves any more.',
    pages: [
      {
        text: [
          'This network has no direction. The image is held at one end; all layers push and pull each other until they come to rest. Where they rest is the answer.',
          'Then the output is pulled a little towards the truth, and they settle once more. Each weight compares what its two ends did in both.',
        ],
        link: arxiv('Scellier and Bengio 2017, Equilibrium Propagation', '1602.05179'),
        experiment: at('equilibrium-propagation', { hyper: { units: [256] } }),
      },
      {
        text: [
          'Turn on slow motion, and look at the two strips of the layer: free, and nudged. They hardly differ. That small difference is all that the weights learn from.',
        ],
        experiment: at('equilibrium-propagation', { hyper: { units: [256] } }),
      },
    ],
  },
  {
    id: 'both-ways',
    title: 'One network, both ways',
    about: 'The same connections see an image and draw one.',
    pages: [
      {
        text: [
          'Hold an image at the visible units, and this network settles to a short code. Hold a code at the other end, and it settles to an image. It never sees a label.',
          'Train it for a while. Then let it draw, below: reconstructions of images that it has not learned from, and images from noise.',
        ],
        link: arxiv('Van der Meersch et al. 2023 (reconstructed here)', '2311.15047'),
        experiment: at('hopfield-vae'),
      },
    ],
  },
  {
    id: 'targets',
    title: 'Targets instead of gradients',
    about: 'Layers are told what to become, not how to change.',
    pages: [
      {
        text: [
          'Here something does come down, but it is no derivative. Above each layer sits a learned inverse, which says what the layer below should have been. Each layer then moves towards its target, by itself.',
          'In slow motion, compare the strips: the activity on the way up, the target on the way down, and the error between them.',
        ],
        link: arxiv('Lee et al. 2015, Difference Target Propagation', '1412.7525'),
        experiment: at('target-propagation', { hyper: { units: [256, 256] } }),
      },
    ],
  },
  {
    id: 'auto-encoders',
    title: 'Auto-encoders as layers',
    about: 'Layers that learn without a label, together or apart.',
    pages: [
      {
        text: [
          'Each of these layers tries to say again what it was told, through its own code. None of them sees a label. A classifier reads all codes, and nothing goes back from it.',
        ],
        link: arxiv('Hwang et al. 2024 (reconstructed here)', '2404.14664'),
        experiment: at('uff', { hyper: { units: [300, 300] } }),
      },
      {
        text: [
          'Since no layer needs another one to learn, they can be trained apart: first the lowest alone, then the next on what it hands up. The schedule is now greedy. Train, and watch one loss after the other come to rest.',
        ],
        experiment: at('uff', { hyper: { units: [300, 300] }, options: { schedule: 'greedy', epochs: 3 } }),
      },
    ],
  },
  {
    id: 'really-local',
    title: 'Is it really local?',
    about: 'What the certificate finds, and how one would try to hide something from it.',
    pages: [
      {
        text: [
          'Anybody can call a rule local. This page reads the graph of the training step, follows every path into each layer’s update, and says what it found: its own input, the label, a choice, a broadcast, feedback, a derivative.',
          'Choose a layer to read its sentence.',
        ],
        experiment: forwardForward('hard'),
      },
      {
        text: [
          'Here somebody tries to cheat. Each layer of this rule takes the derivative of a loss of its own, and no derivative leaves its layer: it looks local. But the hidden layer’s loss is how far it is from a target, and the target was made above it, from the output’s error and the output’s weights. Behind the stop, where no derivative is taken, stands the error of backpropagation.',
          'Nobody has to find that line. The page traced the rule just now and followed what its update reads: see the arrow that comes down to the hidden layer, and choose the layer for its sentence. Below it stands the rule local heads, which is what this one pretends to be.',
        ],
        experiment: at('local-heads'),
        attack: ATTACK,
      },
      {
        text: [
          'This one sends the output’s error straight to all layers through random weights. No derivative crosses a layer, and still it is not local: the dotted lines are numbers that come from above.',
        ],
        link: arxiv('Erdogan et al. 2025, Error broadcast', '2504.11558'),
        experiment: at('broadcast', { preset: 'dfa' }),
      },
      {
        text: [
          'And this one overlaps: each update of a block also moves the one below it. Its certificate says that a gradient passes through 2 layers, and names the blocks.',
        ],
        link: arxiv('Dooms et al. 2023, The Trifecta', '2311.18130'),
        experiment: at('trifecta', { hyper: { width: 0.25 } }),
      },
    ],
  },
]
