/** A difference between what two catalogues say, and why it is left as it is. */
export interface Difference {
  readonly provider: string
  readonly models: readonly string[]
  /** Unit, our dollars for a million and theirs; `-` for none. `long` is the price of a long input. */
  readonly prices: readonly string[]
  readonly why: string
}

const IMAGE = 'an image model: they price its output under images, we under output'
const SPEECH = 'text to speech: they price its output as audio, we as output'
const EMBEDDING = 'an embedding has no output, so neither price is ever applied'
const INTRODUCTION =
  'ours is the introductory price that holds until the end of 2026, theirs the one after it'
const NO_AUDIO = 'ours has no price for audio, so its use is refused and not guessed'
const RETIRED = 'retired or a preview: each catalogue keeps a price that it had last, and nothing calls it'
const ALIAS = 'a name that has moved on to a newer model, at another date for each'
const MOVED = 'the name has moved on to V4 there; ours has the last price of V3, by the hour of the day'
const HOURS = 'ours has the price by the hour of the day, as DeepSeek bills it; theirs is one for all hours'
const HOSTED = 'ours is the price of another host, because the maker publishes none or has stopped'
const NO_CACHE = 'ours has no price for a cached token, so it costs a full one: never too little'
const NO_TIER = 'ours lacks the higher price of a long input: too little is charged beyond 128,000 tokens'
const RAISED = 'ours has the price since it was raised on 2026-08-11, theirs the one before'
const CONFLICT = 'the catalogues disagree, and ours is the higher: to be set by hand where that matters'

export const DIFFERENCES: readonly Difference[] = [
  { provider: 'openai', models: ['gpt-image-2'], prices: ['output_tokens 30 0'], why: IMAGE },
  { provider: 'openai', models: ['gpt-image-1.5'], prices: ['output_tokens 10 0'], why: IMAGE },
  { provider: 'openai', models: ['gpt-image-1'], prices: ['output_tokens 40 0'], why: IMAGE },
  { provider: 'openai', models: ['gpt-image-1-mini'], prices: ['output_tokens 8 0'], why: IMAGE },
  {
    provider: 'openai',
    models: ['gpt-4o-mini-tts'],
    prices: ['output_tokens 12 0', 'output_audio_tokens - 12'],
    why: SPEECH,
  },
  {
    provider: 'groq',
    models: ['meta-llama/llama-4-maverick-17b-128e-instruct'],
    prices: ['input_tokens 0.2 0.27', 'output_tokens 0.6 0.85'],
    why: RETIRED,
  },
  {
    provider: 'google',
    models: ['gemini-3.6-flash'],
    prices: ['input_tokens 0.75 1.5', 'output_tokens 3.75 7.5', 'cache_read_tokens 0.075 0.15'],
    why: INTRODUCTION,
  },
  {
    provider: 'google',
    models: ['gemini-3.5-flash-lite'],
    prices: ['input_audio_tokens - 0.3'],
    why: NO_AUDIO,
  },
  {
    provider: 'google',
    models: ['gemini-omni-flash-preview'],
    prices: ['input_audio_tokens - 1.5'],
    why: NO_AUDIO,
  },
  {
    provider: 'google',
    models: ['gemini-2.5-flash-preview'],
    prices: [
      'input_tokens 0.15 0.3',
      'output_tokens 0.6 2.5',
      'cache_read_tokens - 0.03',
      'input_audio_tokens - 1',
    ],
    why: RETIRED,
  },
  {
    provider: 'google',
    models: ['gemini-2.0-flash-exp'],
    prices: ['input_tokens 0.1 0', 'output_tokens 0.4 0'],
    why: RETIRED,
  },
  {
    provider: 'google',
    models: ['gemini-1.5-pro', 'gemini-1.5-pro-latest'],
    prices: ['cache_read_tokens - 0.125'],
    why: RETIRED,
  },
  {
    provider: 'google',
    models: ['gemini-1.5-flash', 'gemini-1.5-flash-latest'],
    prices: ['cache_read_tokens 0.01875 0.0075'],
    why: RETIRED,
  },
  {
    provider: 'google',
    models: ['gemini-1.5-flash-8b'],
    prices: [
      'input_tokens 0.075 0.0375',
      'output_tokens 0.3 0.15',
      'cache_read_tokens 0.01875 0.00375',
      'long input_tokens 0.15 0.075',
      'long output_tokens 0.6 0.3',
    ],
    why: RETIRED,
  },
  {
    provider: 'mistral',
    models: ['mistral-large-latest', 'mistral-large'],
    prices: ['input_tokens 2 0.5', 'output_tokens 6 1.5', 'cache_read_tokens - 0.05'],
    why: ALIAS,
  },
  {
    provider: 'mistral',
    models: ['mistral-medium-3'],
    prices: ['input_tokens 1.5 0.4', 'output_tokens 7.5 2'],
    why: ALIAS,
  },
  {
    provider: 'mistral',
    models: ['mistral-small-latest'],
    prices: ['input_tokens 0.1 0.15', 'output_tokens 0.3 0.6', 'cache_read_tokens - 0.015'],
    why: ALIAS,
  },
  {
    provider: 'mistral',
    models: ['mistral-small-3.1-24b-instruct'],
    prices: ['input_tokens 0.351 0.1', 'output_tokens 0.555 0.3'],
    why: HOSTED,
  },
  { provider: 'mistral', models: ['codestral-latest'], prices: ['cache_read_tokens - 0.03'], why: NO_CACHE },
  { provider: 'mistral', models: ['devstral-2512'], prices: ['output_tokens 2 0.9'], why: CONFLICT },
  {
    provider: 'mistral',
    models: ['devstral-small-latest', 'devstral-small'],
    prices: ['cache_read_tokens - 0.01'],
    why: NO_CACHE,
  },
  {
    provider: 'mistral',
    models: ['pixtral-12b'],
    prices: ['input_tokens 0.15 0.1', 'output_tokens 0.15 0.1'],
    why: CONFLICT,
  },
  { provider: 'mistral', models: ['voxtral-small-24b-2507'], prices: ['output_tokens 0.4 0.3'], why: RAISED },
  {
    provider: 'mistral',
    models: ['magistral-small-latest'],
    prices: ['cache_read_tokens - 0.05'],
    why: NO_CACHE,
  },
  {
    provider: 'mistral',
    models: ['magistral-medium-latest'],
    prices: ['cache_read_tokens - 0.2'],
    why: NO_CACHE,
  },
  {
    provider: 'mistral',
    models: ['mistral-nemo'],
    prices: ['input_tokens 0.15 0.02', 'output_tokens 0.15 0.03'],
    why: CONFLICT,
  },
  { provider: 'mistral', models: ['mistral-embed'], prices: ['output_tokens 0.1 0'], why: EMBEDDING },
  {
    provider: 'deepseek',
    models: ['deepseek-v4-pro'],
    prices: ['input_tokens 0.66 0.3', 'output_tokens 1.98 1.2', 'cache_read_tokens 0.022 0.006'],
    why: HOURS,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-v4-flash', 'deepseek-v4-flash-vision-exp'],
    prices: ['input_tokens 0.22 0.3', 'output_tokens 0.66 1.2', 'cache_read_tokens 0.007 0.006'],
    why: HOURS,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-chat'],
    prices: ['input_tokens 0.27 0.3', 'output_tokens 1.1 1.2', 'cache_read_tokens 0.07 0.006'],
    why: MOVED,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-reasoner'],
    prices: ['input_tokens 0.55 0.3', 'output_tokens 2.19 1.2', 'cache_read_tokens 0.14 0.006'],
    why: MOVED,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-v3.2'],
    prices: ['input_tokens 0.2288 0.28', 'output_tokens 0.3432 0.42', 'cache_read_tokens - 0.028'],
    why: HOSTED,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-v3.2-exp'],
    prices: ['input_tokens 0.27 0.28', 'output_tokens 0.41 0.42', 'cache_read_tokens - 0.028'],
    why: HOSTED,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-r1', 'deepseek-r1-0528'],
    prices: ['input_tokens 0.55 0.56'],
    why: RETIRED,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-r1-distill-llama-70b'],
    prices: ['input_tokens 0.55 0.56', 'output_tokens 2.19 0.77'],
    why: RETIRED,
  },
  {
    provider: 'deepseek',
    models: ['deepseek-r1-distill-qwen-32b'],
    prices: ['input_tokens 0.55 0.28', 'output_tokens 2.19 0.42', 'cache_read_tokens 0.14 0.07'],
    why: RETIRED,
  },
  {
    provider: 'x-ai',
    models: ['grok-4.20-multi-agent'],
    prices: [
      'input_tokens 2 1.25',
      'output_tokens 6 2.5',
      'long input_tokens - 2.5',
      'long output_tokens - 5',
      'long cache_read_tokens - 0.4',
    ],
    why: CONFLICT,
  },
  {
    provider: 'x-ai',
    models: [
      'grok-4-fast-reasoning',
      'grok-4-fast-non-reasoning',
      'grok-4-1-fast-reasoning',
      'grok-4-1-fast-non-reasoning',
    ],
    prices: ['long input_tokens - 0.4', 'long output_tokens - 1'],
    why: NO_TIER,
  },
  {
    provider: 'x-ai',
    models: ['grok-code-fast-1', 'grok-code-fast'],
    prices: [
      'input_tokens 0.2 1',
      'output_tokens 1.5 2',
      'cache_read_tokens 0.02 0.2',
      'long input_tokens - 2',
      'long output_tokens - 4',
      'long cache_read_tokens - 0.4',
    ],
    why: RETIRED,
  },
  {
    provider: 'x-ai',
    models: ['grok-3-fast', 'grok-3-fast-latest'],
    prices: ['input_tokens 5 3', 'output_tokens 25 15', 'cache_read_tokens 1.25 0.75'],
    why: RETIRED,
  },
  {
    provider: 'x-ai',
    models: ['grok-3-mini-fast', 'grok-3-mini-fast-latest'],
    prices: ['input_tokens 0.6 0.3', 'output_tokens 4 0.5', 'cache_read_tokens 0.15 0.075'],
    why: RETIRED,
  },
  {
    provider: 'x-ai',
    models: [
      'grok-2',
      'grok-2-latest',
      'grok-2-1212',
      'grok-2-vision',
      'grok-2-vision-latest',
      'grok-2-vision-1212',
    ],
    prices: ['cache_read_tokens - 0.5'],
    why: NO_CACHE,
  },
  {
    provider: 'cerebras',
    models: ['qwen-3-coder-480b'],
    prices: ['input_tokens - 2', 'output_tokens - 2'],
    why: RETIRED,
  },
]
