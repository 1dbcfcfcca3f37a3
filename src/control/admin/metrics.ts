/** `/metrics`: what Ward counts, for Prometheus. */
import type { AdminResource } from './resource.ts';

/** @param page the whole page and its media type, made when asked for */
export function metricsResource(
  page: () => Promise<{ readonly contentType: string; readonly text: string }>,
): AdminResource {
  const answer = async (): Promise<{
    status: number;
    body: undefined;
    text: string;
    contentType: string;
  }> => {
    const { contentType, text } = await page();
    return { status: 200, body: undefined, text, contentType };
  };
  // Scrapers come by the name of a service; there is nothing in it that a web page could do harm with.
  return { path: '/metrics', anyHost: true, methods: { GET: answer } };
}
