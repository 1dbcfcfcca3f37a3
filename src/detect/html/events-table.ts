/**
 * Event handler attributes that some browser runs: WHATWG HTML §8.1.8.2, SVG 2 §15, SMIL, UI Events, Pointer Events, CSS
 * Animations and Transitions, and those of former browsers that still stand in attacks.
 */

const NAMES = `
  abort activate afterprint afterscriptexecute afterupdate animationcancel animationend animationiteration animationstart
  auxclick beforeactivate beforecopy beforecut beforedeactivate beforeeditfocus beforeinput beforematch beforepaste
  beforeprint beforescriptexecute beforetoggle beforeunload beforeupdate beforexrselect begin blur bounce cancel canplay
  canplaythrough cellchange change click close command contentvisibilityautostatechange contextlost contextmenu
  contextrestored controlselect copy cuechange cut dataavailable datasetchanged datasetcomplete dblclick deactivate
  drag dragdrop dragend dragenter dragexit dragleave dragover dragstart drop durationchange emptied end ended error
  errorupdate filterchange finish focus focusin focusout formdata freeze fullscreenchange fullscreenerror
  gesturechange gestureend gesturestart gotpointercapture hashchange help input invalid keydown keypress keyup
  languagechange layoutcomplete load loadeddata loadedmetadata loadend loadstart losecapture lostpointercapture
  mediacomplete mediaerror message messageerror mousedown mouseenter mouseleave mousemove mouseout mouseover mouseup
  mousewheel move moveend movestart mozfullscreenchange mozfullscreenerror offline online orientationchange outofsync
  overscroll pagehide pagereveal pageshow pageswap paste pause play playing pointercancel pointerdown pointerenter
  pointerleave pointermove pointerout pointerover pointerrawupdate pointerup popstate progress promptaction
  promptdismiss propertychange ratechange readystatechange rejectionhandled repeat reset resize resizeend resizestart
  resume reverse rowdelete rowenter rowexit rowinserted rowsdelete rowsinserted scroll scrollend scrollsnapchange
  scrollsnapchanging search securitypolicyviolation seek seeked seeking select selectionchange selectstart show
  slotchange snapchanged snapchanging stalled start stop storage submit suspend syncrestored timeerror timeupdate toggle
  touchcancel touchend touchmove touchstart trackchange transitioncancel transitionend transitionrun transitionstart
  unhandledrejection unload urlflip validationstatuschange visibilitychange volumechange waiting
  webkitanimationend webkitanimationiteration webkitanimationstart webkitcurrentplaybacktargetiswirelesschanged
  webkitfullscreenchange webkitfullscreenerror webkitkeyadded webkitmouseforcechanged webkitmouseforcedown
  webkitmouseforceup webkitmouseforcewillbegin webkitplaybacktargetavailabilitychanged webkitpresentationmodechanged
  webkittransitionend webkitwillrevealbottom wheel zoom
`;

/** Names of handlers in lower case, with their `on`. */
export const EVENT_HANDLERS: ReadonlySet<string> = new Set(
  NAMES.trim()
    .split(/\s+/)
    .map((name) => `on${name}`),
);
