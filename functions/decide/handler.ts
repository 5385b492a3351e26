import config from 'firebreak:config';
import words from 'firebreak:words';
import { serveDecisions } from '../../shared/lambda/decide.ts';

export const handler = serveDecisions(config, words);
