import { incidentsContract } from '../support/incidents-contract.ts';
import { memoryIncidents } from '../support/memory.ts';

incidentsContract('memory', memoryIncidents, async (store, pauses) => store.pause(pauses));
