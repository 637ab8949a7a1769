import { z } from 'zod'
import type { CheckedView } from '../limits/surfaces.ts'
import { Refusal } from '../refusal.ts'
import { nameBlocks, type State, type StoredView } from '../state.ts'
import { checkView } from './content.ts'
import { type Method, readArguments, type Request } from './method.ts'

const TRIGGER_LIFETIME_MS = 3_000

/** Modals that may lie one upon the other. */
const STACK_MAX = 3

const view = z.record(z.string(), z.unknown())

export const views: Readonly<Record<string, Method>> = {
  'views.open': {
    run(request) {
      const args = readArguments(request, { view, trigger_id: z.string().min(1) })
      const { state } = request
      const person = exchange(state, args.trigger_id)
      const content = checkView(state, request.method, args.view)
      refuseHome(content)
      return answer(add(state, content, { ...person, triggerId: args.trigger_id, below: undefined }))
    },
  },
  'views.push': {
    run(request) {
      const args = readArguments(request, { view, trigger_id: z.string().min(1) })
      const { state } = request
      const person = exchange(state, args.trigger_id)
      const content = checkView(state, request.method, args.view)
      refuseHome(content)
      const below = [...state.views.values()].findLast((open) => open.isOpen && open.userId === person.userId)
      if (below === undefined) throw new Refusal('not_found')
      return answer(add(state, content, { ...person, triggerId: args.trigger_id, below }))
    },
  },
  'views.update': {
    run(request) {
      const args = readArguments(request, {
        view,
        view_id: z.string().optional(),
        external_id: z.string().optional(),
        hash: z.string().optional(),
      })
      const { state } = request
      const found = [...state.views.values()].find(
        ({ id, content, isOpen }) =>
          isOpen &&
          (args.view_id === undefined ? content.external_id === args.external_id : id === args.view_id),
      )
      if (found === undefined) throw new Refusal('not_found')
      if (args.hash !== undefined && args.hash !== found.hash) throw new Refusal('hash_conflict')
      replace(state, found, checkView(state, request.method, args.view))
      return answer(found)
    },
  },
  'views.publish': {
    run(request) {
      const args = readArguments(request, { view, user_id: z.string().min(1), hash: z.string().optional() })
      return answer(publish(request, args))
    },
  },
}

function publish(
  { state, method, grant }: Request,
  args: { view: Record<string, unknown>; user_id: string; hash?: string | undefined },
): StoredView {
  const current = state.homes.get(args.user_id)
  if (args.hash !== undefined && args.hash !== current?.hash) throw new Refusal('hash_conflict')
  const content = checkView(state, method, args.view)
  if (content.type !== 'home') throw new Refusal('invalid_arguments', ['only a home is published'])
  if (current !== undefined) {
    replace(state, current, content)
    return current
  }
  const person = { userId: args.user_id, teamId: grant.team.id, triggerId: undefined, below: undefined }
  const home = add(state, content, person)
  state.homes.set(args.user_id, home)
  return home
}

/** Opens a modal upon another, or at the bottom. */
export function add(
  state: State,
  content: CheckedView,
  opened: { userId: string; teamId: string; triggerId: string | undefined; below: StoredView | undefined },
): StoredView {
  const { below, ...person } = opened
  if (below !== undefined && depthOf(state, below) >= STACK_MAX) throw new Refusal('push_limit_reached')
  const id = state.nextId('V')
  const stored: StoredView = {
    id,
    ...person,
    rootId: below?.rootId ?? id,
    previousId: below?.id,
    hash: state.nextHash(),
    content: named(content),
    errors: {},
    isOpen: true,
    updates: 0,
  }
  state.views.set(id, stored)
  return stored
}

export function replace(state: State, stored: StoredView, content: CheckedView): void {
  stored.content = named(content)
  stored.hash = state.nextHash()
  stored.errors = {}
  stored.updates += 1
}

const named = <View extends CheckedView>(content: View): View => ({
  ...content,
  blocks: nameBlocks(content.blocks),
})

function depthOf(state: State, { previousId }: StoredView): number {
  const previous = previousId === undefined ? undefined : state.views.get(previousId)
  return previous === undefined ? 1 : 1 + depthOf(state, previous)
}

/** Takes the person's leave to open a modal, which lasts 3 s and is good for one. */
function exchange(state: State, id: string): { userId: string; teamId: string } {
  const trigger = state.triggers.get(id)
  if (trigger === undefined) throw new Refusal('invalid_trigger_id')
  if (trigger.isUsed) throw new Refusal('exchanged_trigger_id')
  if (state.now() - trigger.at > TRIGGER_LIFETIME_MS) throw new Refusal('expired_trigger_id')
  trigger.isUsed = true
  return { userId: trigger.userId, teamId: trigger.teamId }
}

function refuseHome(content: CheckedView): void {
  if (content.type === 'home') throw new Refusal('invalid_arguments', ['a home is published, not opened'])
}

const answer = (stored: StoredView) => ({ view: payloadOf(stored) })

/** A view as Slack gives it to the app. */
export const payloadOf = (stored: StoredView) => ({
  id: stored.id,
  team_id: stored.teamId,
  app_id: 'A1',
  app_installed_team_id: stored.teamId,
  bot_id: 'B1',
  callback_id: '',
  private_metadata: '',
  external_id: '',
  title: null,
  submit: null,
  close: null,
  clear_on_close: false,
  notify_on_close: false,
  ...stored.content,
  hash: stored.hash,
  root_view_id: stored.rootId,
  previous_view_id: stored.previousId ?? null,
  state: { values: {} },
})
