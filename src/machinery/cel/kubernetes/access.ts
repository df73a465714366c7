import { messageOf } from "../../status/message-of.ts"

/**
 * The port through which expressions ask whether somebody may do something (`authorizer.group('').resource('pods')
 * .check('list').allowed()`).
 *
 * Evaluation is synchronous, but an authorizer may have to ask a webhook. So an evaluation that meets a question without
 * an answer yet goes on as if it had failed there; what it gave is thrown away, and it runs again once the answer is there.
 * Evaluation has no effects, and its cost limit leaves room for two questions, so this ends after two more runs at most.
 */

export interface AccessUser {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra: ReadonlyMap<string, readonly string[]>
}

/** May `user` do this? */
export type AccessQuestion =
  | { readonly type: "path"; readonly user: AccessUser; readonly path: string; readonly verb: string }
  | {
      readonly type: "resource"
      readonly user: AccessUser
      readonly verb: string
      readonly group: string
      readonly resource: string
      /** Empty where none: of the object itself, of all namespaces or the cluster, of any name. */
      readonly subresource: string
      readonly namespace: string
      readonly name: string
      /** Only selectors that can be parsed. */
      readonly fieldSelector?: string
      readonly labelSelector?: string
    }

export interface AccessDecision {
  readonly allowed: boolean
  readonly reason?: string | undefined
  /** Why no decision could be made. */
  readonly error?: string | undefined
}

/** Answers questions. What it throws, or rejects with, becomes the decision's error. */
export type DecideAccess = (question: AccessQuestion) => AccessDecision | Promise<AccessDecision>

/** The questions and answers of one evaluation with all its runs; each question is asked once. */
export class AccessSession {
  readonly #decide: DecideAccess
  readonly #answers = new Map<string, AccessDecision | Promise<AccessDecision>>()

  constructor(decide: DecideAccess) {
    this.#decide = decide
  }

  /** Undefined while the answer is on its way. */
  ask(question: AccessQuestion): AccessDecision | undefined {
    const key = keyOf(question)
    const answer = this.#answers.get(key) ?? this.#answer(question)
    this.#answers.set(key, answer)
    if (!(answer instanceof Promise)) return answer
    return undefined
  }

  #answer(question: AccessQuestion): AccessDecision | Promise<AccessDecision> {
    try {
      const answer = this.#decide(question)
      return answer instanceof Promise ? answer.catch(failed) : answer
    } catch (error) {
      return failed(error)
    }
  }

  /** Whether a run met a question without an answer, so that what it gave does not count. */
  get isWaiting(): boolean {
    return [...this.#answers.values()].some((answer) => answer instanceof Promise)
  }

  /** Waits for the answers to all questions so far. */
  async wait(): Promise<void> {
    for (const [key, answer] of this.#answers) this.#answers.set(key, await answer)
  }
}

function failed(error: unknown): AccessDecision {
  return { allowed: false, error: messageOf(error) }
}

function keyOf({ user, ...question }: AccessQuestion): string {
  return JSON.stringify([question, user.name, user.uid, user.groups, [...user.extra]])
}

/** Runs `evaluate` until all its questions are answered. A promise only when an answer is one. */
export function evaluateWithAccess<T>(session: AccessSession, evaluate: () => T): T | Promise<T> {
  const result = evaluate()
  return session.isWaiting ? evaluateAgain(session, evaluate) : result
}

async function evaluateAgain<T>(session: AccessSession, evaluate: () => T): Promise<T> {
  await session.wait()
  return evaluateWithAccess(session, evaluate)
}
