import type { ChannelPost, Jobs } from '../services.ts'
import { DONE, type Queue } from './queue.ts'
import { JobRunner, type RunnerOptions } from './runner.ts'
import type { Sender } from './sender.ts'

export interface BotJobs extends Jobs {
  /** For more kinds of jobs; they are said before `start`. */
  readonly runner: JobRunner
  start(): void
}

/** The bot's jobs; they begin with `start`. */
export function openJobs(options: RunnerOptions, sender: Sender): BotJobs {
  const runner = new JobRunner(options)
  const posts: Queue<ChannelPost> = runner.queue<ChannelPost>({
    name: 'post',
    atOnce: 8,
    logged: ({ key, teamId, channel }) => ({ key, teamId, channel }),
    work: ({ data, isRepeated, queuedAt }) =>
      sender.reach(data, async (channel) => {
        const mark = { type: 'credits_post', id: data.key }
        const isPosted = isRepeated && (await sender.find(channel, mark, queuedAt)) !== undefined
        if (!isPosted) await sender.post(channel, data.message, mark)
        return DONE
      }),
  })
  return {
    runner,
    start: () => runner.start(),
    async postMessage(post) {
      const place = `${post.enterpriseId ?? ''}/${post.teamId ?? ''}/${post.channel}`
      await posts.send([{ data: post, key: `${place} ${post.key}` }])
      posts.wake()
    },
    state: () => runner.state(),
    stop: () => runner.stop(),
  }
}
