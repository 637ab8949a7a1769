import type { Jobs, Workspaces } from './services.ts'

/** Posts at once. */
export const directJobs = (workspaces: Workspaces): Jobs => ({
  async postMessage({ teamId, enterpriseId, channel, message }) {
    const workspace = await workspaces.find(teamId, enterpriseId)
    await workspace?.client.apiCall('chat.postMessage', { channel, ...message })
  },
  stop: async () => {},
})
