import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import { type Method, readArguments } from './method.ts'

export const files: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': {
    scopes: ['files:write'],
    run(request) {
      const args = readArguments(request, {
        filename: z.string().min(1),
        length: z.coerce.number().int().positive(),
        alt_text: z.string().max(1000).optional(),
        snippet_type: z.string().optional(),
      })
      const id = request.state.nextId('F')
      request.state.files.push({
        id,
        name: args.filename,
        length: args.length,
        content: undefined,
        channel: undefined,
        title: undefined,
      })
      return { file_id: id, upload_url: `${request.baseUrl}/upload/${id}` }
    },
  },
  'files.completeUploadExternal': {
    scopes: ['files:write'],
    run(request) {
      const args = readArguments(request, {
        files: z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1),
        channel_id: z.string().optional(),
        channels: z.string().optional(),
        initial_comment: z.string().optional(),
        thread_ts: z.string().optional(),
      })
      const completed = args.files.map(({ id, title }) => {
        const file = request.state.files.find((candidate) => candidate.id === id)
        if (file?.content === undefined) throw new Refusal('file_not_found')
        file.title = title
        file.channel = args.channel_id ?? args.channels
        return { id, title: title ?? file.name, name: file.name }
      })
      return { files: completed }
    },
  },
}
