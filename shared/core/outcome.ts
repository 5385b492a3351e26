/**
 * How a delivery or an incident ends: the one closed list. `docs/outcomes.md` is generated from it.
 * `delivery` outcomes are said of a repeated or harmless event and never become an incident's own.
 */
export const outcomes = {
  open: 'Work has begun and has not ended: in progress, or interrupted and about to be retried.',
  fixed: 'Changed, read back, and found safe.',
  settling: 'Changed, or about to be: the state takes minutes to show, and is looked at again.',
  waiting: 'Recognised, and told to nobody yet: it is read some time later, whether it is still so.',
  held: 'Changed and read back, for a time: the state before is put back by itself at its end.',
  released: 'A hold ended: what it had changed was put back.',
  partly: 'Some steps of the fix were made, others failed, after all retries; in the dead-letter queue too.',
  refused: 'Not done: the service that is said to have made the finding does not know it, or the record was changed.',
  expired: 'Asked, and nobody answered in time: left as it was.',
  left: 'Asked, and a person decided to leave it as it is.',
  safe: 'Read and found safe already: nothing was changed.',
  rehearsed: 'Read and planned, as mode notify asks: the message says what would have been changed.',
  asked: 'Planned, or put right first where that is wanted; waits for a person: npx firebreak approve ID.',
  told: 'Recognised and told; the rule has no fix, or the safe state is not known.',
  exempt: 'Recognised, and left alone because a reviewed exemption covers it, or one that a person granted for days.',
  off: 'Recognised, and left alone because the rule is off here.',
  attempt: 'The call failed: an attempt, not a change.',
  failed: 'The fix failed or could not be proven, after all retries; in the dead-letter queue too.',
  undone: 'A fix was taken back, and the earlier state read back.',
  unparsed: 'The event could not be understood: stored and told.',
  own: 'Delivery: the event was made by a write of Firebreak’s own, or by a recorded undo.',
  duplicate: 'Delivery: this event was handled before.',
  witness: 'Later word of a trouble that was already put out; added to its incident.',
  drifted: 'Undo, or the end of a hold, refused, because the resource changed after the fix.',
  counted: 'Delivery: told only where several of its kind come close together: counted, and not enough of them yet.',
  learning:
    'Delivery: no rule flagged it; the state is noted, and learned if it stands for a day; the note says how it went.',
  paused: 'Delivery: approval not carried out while Firebreak is paused; the question stays open, and the yes on it.',
  replanned: 'Delivery: approval refused, because the resource changed after the question; asked again.',
} as const satisfies Record<string, string>;

export type Outcome = keyof typeof outcomes;

/** Outcomes after which a second delivery of the same event has nothing left to do. */
export const settled = (outcome: Outcome): boolean =>
  outcome !== 'open' && outcome !== 'failed' && outcome !== 'partly';
