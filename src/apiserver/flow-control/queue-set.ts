import type { Clock } from "../../platform/clock.ts"
import type { Work } from "./work.ts"

/** How requests wait for a place. */
export interface Queueing {
  readonly queues: number
  readonly handSize: number
  /** How many may wait in one queue. */
  readonly lengthMax: number
}

/** Gives the places of a request back. To be called once. */
export type Leave = () => void
export type RefusalReason = "concurrency-limit" | "queue-full" | "time-out" | "cancelled"
export type Entry = { readonly leave: Leave } | { readonly refused: RefusalReason }

/** How long a request is assumed to take until it has been measured. */
const ESTIMATE_SECONDS = 0.003

interface Request {
  readonly work: Work
  /** Places it holds. */
  readonly seats: number
  /** In place-seconds. */
  readonly total: number
  /** The progress of all queues when it came. */
  readonly arrival: number
  readonly queue: Queue
  start: (entry: Entry) => void
}

/** Requests of flows that share it, oldest first. */
class Queue {
  readonly waiting: Request[] = []
  executing = 0
  seatsInUse = 0
  seatsWaiting = 0
  workWaiting = 0
  /** How far this queue has been served, in place-seconds: the queue that is least far is served next. */
  progress = 0

  get isActive(): boolean {
    return this.executing > 0 || this.waiting.length > 0
  }
}

export interface QueueSetOptions {
  readonly clock: Pick<Clock, "monotonicMs" | "after">
  /** Told how many places are taken or waited for, after each change. */
  readonly onDemand: (seats: number) => void
}

/**
 * Fair queueing: the places of a priority level go to its queues in turn, weighed by the work that each has had done,
 * so that a flow with many requests waits for itself and not for its neighbours.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export class QueueSet {
  readonly #options: QueueSetOptions
  #queueing: Queueing | undefined
  #limit = 0
  #queues: Queue[] = []
  /** How far an always busy queue would have been served by now. */
  #progress = 0
  #sinceMs: number
  #turn = 0
  #dealt = 0
  #waiting = 0
  #executing = 0
  #seatsInUse = 0
  #seatsWaiting = 0
  #active = 0

  constructor(options: QueueSetOptions) {
    this.#options = options
    this.#sinceMs = options.clock.monotonicMs()
  }

  get state() {
    const { length } = this.#queues
    return { queues: length, waiting: this.#waiting, executing: this.#executing, seatsInUse: this.#seatsInUse }
  }

  /** Without queueing, what finds no place is refused. Requests that wait keep their queue. */
  configure(queueing: Queueing | undefined, limit: number): void {
    this.#advance()
    this.#queueing = queueing
    this.#limit = limit
    const wanted = queueing?.queues ?? 0
    while (this.#queues.length < wanted) this.#queues.push(new Queue())
    // Only queues at the end can go: hands are dealt by number.
    while (this.#queues.length > wanted && !this.#queues.at(-1)?.isActive) this.#queues.pop()
    this.#dispatch()
  }

  /**
   * Asks for places. `hand`: the numbers of the queues that the flow may use. Refused after `waitMsMax`, or when
   * `signal` aborts first.
   */
  enter(work: Work, hand: readonly number[], waitMsMax: number, signal: () => AbortSignal): Entry | Promise<Entry> {
    this.#advance()
    const seats = Math.max(work.seats, work.finalSeats)
    if (this.#queueing === undefined) {
      return this.#fits(seats) ? { leave: this.#begin(work, seats, undefined) } : { refused: "concurrency-limit" }
    }
    const queue = this.#shortest(hand)
    if (this.#seatsInUse >= this.#limit && queue.waiting.length >= this.#queueing.lengthMax) {
      return { refused: "queue-full" }
    }
    if (!queue.isActive) {
      queue.progress = this.#progress
      this.#active++
    }
    const total = work.seats * ESTIMATE_SECONDS + (work.finalSeats * work.finalMs) / 1000
    if (this.#waiting === 0 && this.#fits(seats)) {
      queue.progress += total
      return { leave: this.#begin(work, seats, queue) }
    }
    return this.#wait(
      { work, seats, total, arrival: this.#progress, queue, start: () => undefined },
      waitMsMax,
      signal(),
    )
  }

  #wait(request: Request, waitMsMax: number, signal: AbortSignal): Promise<Entry> {
    const { promise, resolve } = Promise.withResolvers<Entry>()
    const giveUp = (refused: RefusalReason) => () => {
      this.#advance()
      this.#remove(request, request.queue.waiting.indexOf(request))
      if (!request.queue.isActive) this.#active--
      request.start({ refused })
      this.#dispatch()
    }
    const timer = this.#options.clock.after(waitMsMax, giveUp("time-out"))
    const onAbort = giveUp("cancelled")
    signal.addEventListener("abort", onAbort, { once: true })
    request.start = (entry) => {
      timer.cancel()
      signal.removeEventListener("abort", onAbort)
      resolve(entry)
    }
    const { queue } = request
    queue.waiting.push(request)
    queue.seatsWaiting += request.seats
    queue.workWaiting += request.total
    this.#waiting++
    this.#seatsWaiting += request.seats
    this.#bound(queue)
    this.#tell()
    this.#dispatch()
    return promise
  }

  #remove(request: Request, index: number): void {
    const { queue } = request
    queue.waiting.splice(index, 1)
    queue.seatsWaiting -= request.seats
    queue.workWaiting -= request.total
    this.#waiting--
    this.#seatsWaiting -= request.seats
    this.#bound(queue)
    this.#tell()
  }

  /** Among the queues of a hand the one with the least work; another one begins each time, so that ties are shared. */
  #shortest(hand: readonly number[]): Queue {
    const offset = this.#dealt++
    let best: Queue | undefined
    for (let index = 0; index < hand.length; index++) {
      const queue = this.#queues[hand[(offset + index) % hand.length] ?? 0]
      if (queue !== undefined && (best === undefined || queue.workWaiting < best.workWaiting)) best = queue
    }
    if (best === undefined) throw new TypeError("a hand was dealt for other queues than there are")
    return best
  }

  #fits(seats: number): boolean {
    // Who asks for more than there is runs alone.
    if (seats > this.#limit) return this.#executing === 0
    return this.#seatsInUse + seats <= this.#limit
  }

  #begin(work: Work, seats: number, queue: Queue | undefined): Leave {
    this.#executing++
    this.#seatsInUse += seats
    if (queue !== undefined) {
      queue.executing++
      queue.seatsInUse += seats
    }
    this.#tell()
    const { clock } = this.#options
    const startedMs = clock.monotonicMs()
    return () => {
      this.#advance()
      this.#executing--
      if (queue !== undefined) {
        queue.executing--
        queue.progress -= work.seats * (ESTIMATE_SECONDS - (clock.monotonicMs() - startedMs) / 1000)
        this.#bound(queue)
        if (!queue.isActive) this.#active--
      }
      const release = (): void => {
        this.#seatsInUse -= seats
        if (queue !== undefined) queue.seatsInUse -= seats
        this.#tell()
        this.#dispatch()
      }
      if (work.finalMs <= 0) return release()
      clock.after(work.finalMs, () => {
        this.#advance()
        release()
      })
    }
  }

  /** Starts whatever fits, in fair order. */
  #dispatch(): void {
    while (this.#waiting > 0 && this.#seatsInUse < this.#limit) {
      const queue = this.#next()
      const request = queue?.waiting[0]
      if (queue === undefined || request === undefined || !this.#fits(request.seats)) return
      this.#remove(request, 0)
      queue.progress += request.total
      request.start({ leave: this.#begin(request.work, request.seats, queue) })
    }
  }

  /** The queue whose oldest request would be finished first. */
  #next(): Queue | undefined {
    let best: Queue | undefined
    let earliest = Number.POSITIVE_INFINITY
    let turn = this.#turn
    for (let step = 1; step <= this.#queues.length; step++) {
      const index = (this.#turn + step) % this.#queues.length
      const queue = this.#queues[index]
      const oldest = queue?.waiting[0]
      if (queue === undefined || oldest === undefined || queue.progress + oldest.total >= earliest) continue
      earliest = queue.progress + oldest.total
      best = queue
      turn = index
    }
    if (best?.waiting[0] !== undefined && this.#fits(best.waiting[0].seats)) this.#turn = turn
    return best
  }

  /** A queue that had less to do than its share does not save it up. */
  #bound(queue: Queue): void {
    const oldest = queue.waiting[0]
    if (oldest !== undefined && queue.progress < oldest.arrival) queue.progress = oldest.arrival
  }

  /** Must come before each change: what has been until now decides how far everybody is. */
  #advance(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#active > 0) {
      const busy = Math.min(this.#seatsInUse + this.#seatsWaiting, this.#limit)
      this.#progress += ((busy / this.#active) * (nowMs - this.#sinceMs)) / 1000
    }
    this.#sinceMs = nowMs
  }

  #tell(): void {
    this.#options.onDemand(this.#seatsInUse + this.#seatsWaiting)
  }
}
