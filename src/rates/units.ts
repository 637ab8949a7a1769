/**
 * Units that the published prices use. For a model that has any of them another name would be a typing error, which
 * no call would ever be counted in.
 */
export const KNOWN_UNITS: ReadonlySet<string> = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'input_audio_tokens',
  'cache_audio_read_tokens',
  'output_audio_tokens',
  'input_image_tokens',
  'cache_image_read_tokens',
  'output_image_tokens',
  'input_video_tokens',
  'output_video_tokens',
  'output_reasoning_tokens',
  'output_citation_tokens',
  'audio_seconds',
  'input_audio_seconds',
  'input_characters',
  'input_document_pages',
  'input_annotated_document_pages',
  'input_text_messages',
  'web_searches',
  'storage_searches',
  'requests',
  'credits',
])
