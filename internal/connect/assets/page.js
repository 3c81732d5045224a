// The page around Fasten Connect's widget: it hands the widget's events to the
// program that serves it, and shows what the program makes of them.
'use strict';

(() => {
  const wanted = new Set([
    'patient.connection_pending', 'patient.connection_success', 'patient.connection_failed',
    'widget.complete', 'widget.config_error',
  ]);
  const patience = 20000; // milliseconds until we say that the widget does not come
  let failed = '';        // why the widget does not come
  let finished = false;   // the program has ended, as it should

  const at = (id) => document.getElementById(id);

  // make returns an element with text and children; text is never HTML.
  const make = (name, className, ...content) => {
    const e = document.createElement(name);
    if (className) e.className = className;
    e.append(...content.filter((c) => c !== '' && c !== null));
    return e;
  };

  // --- what stops the widget from loading

  const loadFailed = (why) => {
    failed = why;
    const state = at('widget-state');
    if (!state || customElements.get('fasten-stitch-element')) return;
    state.className = 'warning';
    state.textContent = why;
  };
  window.addEventListener('error', (e) => {
    if (e.target instanceof HTMLScriptElement) {
      loadFailed(`The widget could not be loaded from ${new URL(e.target.src).host}. Check the network and content blockers, then reload this page.`);
    }
  }, true);
  document.addEventListener('securitypolicyviolation', (e) => {
    if (e.effectiveDirective.startsWith('script-src')) loadFailed(`The page does not allow a script of the widget: ${e.blockedURI}.`);
  });

  // --- talking to the program

  const send = async (path, body) => {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': document.body.dataset.csrf },
      body,
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };

  // lost says that an event did not arrive; the ids in it are not to be lost.
  const lost = (event) => {
    if (finished) return;
    const ids = [event.data].flat().map((d) => d && d.org_connection_id).filter((id) => typeof id === 'string');
    const text = ids.length
      ? `fhirwh does not answer, so it has not stored what was connected. Keep the id: ${ids.join(', ')}. In a terminal: fhirwh fetch ${ids.join(' ')}`
      : 'fhirwh does not answer. Start the command again in the terminal.';
    showProblems([{ title: 'The page has lost its program', advice: text }]);
  };

  let turn = Promise.resolve(); // one event at a time, in the order of their coming
  const hand = (event, text) => {
    turn = turn.then(() => send('/event', text)).then(show, () => lost(event));
  };

  // parse reads what the widget hands over: detail is a message whose data is
  // JSON text. Other shapes are met halfway.
  const parse = (detail) => {
    const data = detail && detail.data !== undefined ? detail.data : detail;
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    try {
      return { text, event: JSON.parse(text) };
    } catch {
      return null;
    }
  };

  // --- what is shown

  const copyButton = (text) => {
    const b = make('button', 'copy', text);
    b.type = 'button';
    return b;
  };

  const accountItem = (a) => {
    const title = make('div', 'account-title', make('strong', '', a.name),
      make('span', a.good ? 'chip good' : 'chip', a.status || 'connected'));
    const text = make('div', '', title, make('code', '', a.id));
    const facts = [a.consent && `Consent until ${a.consent}`, a.verified && 'confirmed by Fasten Connect'].filter(Boolean);
    if (facts.length) text.append(make('p', 'quiet', facts.join(' · ')));
    if (a.doubt) text.append(make('p', 'doubt', a.doubt));
    const item = make('li', '');
    if (document.body.dataset.logos && a.brand) {
      const logo = make('img', 'logo');
      logo.alt = '';
      logo.addEventListener('error', () => logo.remove());
      logo.src = `${document.body.dataset.logos}${encodeURIComponent(a.brand)}.png`;
      item.append(logo);
    }
    item.append(text);
    return item;
  };

  const showProblems = (list) => {
    at('problems').replaceChildren(...list.map((p) => {
      const card = make('div', 'card problem', make('h2', '', p.title), make('p', '', p.advice));
      if (p.detail) card.append(make('p', 'quiet', `The widget says: ${p.detail}`));
      if (p.request) card.append(make('p', 'quiet', 'Request id, for support: ', make('code', '', p.request)));
      return card;
    }).reverse());
  };

  const nextSteps = (s) => {
    if (s.fetching) return [make('p', '', s.finished ? 'fhirwh now fetches the records: the terminal shows how far it is.' : 'fhirwh fetches the records when you are done here.')];
    return [make('p', '', 'To get the records, press this to copy it, and run it in a terminal:'), make('p', '', copyButton(s.command))];
  };

  const show = (s) => {
    finished = s.finished;
    const any = s.accounts.length > 0;
    const title = s.accounts.length > 1 ? `Connected: ${s.accounts.length} health systems` : 'Connected';
    at('result').hidden = !any && !s.finished;
    at('result-title').textContent = any ? title : 'Nothing was connected';
    at('accounts').replaceChildren(...s.accounts.map(accountItem));
    at('next').replaceChildren(...(any ? nextSteps(s) : []));
    if (s.finished) at('next').append(make('p', 'quiet', 'You can close this page.'));
    at('finish').hidden = s.finished || !any;
    showProblems(s.problems);
    widgetState(s);
  };

  const widgetState = (s) => {
    const state = at('widget-state');
    if (failed && !customElements.get('fasten-stitch-element')) return;
    state.className = 'quiet';
    if (s.finished) state.textContent = '';
    else if (s.pending) state.textContent = 'Waiting for the login in the other window…';
    else if (s.closed) state.textContent = 'The widget was closed and nothing was connected. You can open it again.';
    else state.textContent = customElements.get('fasten-stitch-element') ? '' : 'Loading Fasten Connect…';
    document.body.classList.toggle('over', s.finished);
  };

  const refresh = async () => {
    try {
      show(await (await fetch('/state')).json());
    } catch {
      lost({});
    }
  };

  // --- what the user does

  const reconnect = (widget, button) => {
    widget.setAttribute('reconnect-org-connection-id', button.dataset.reconnect);
    if (button.dataset.tefca) widget.setAttribute('tefca-mode', 'true');
    else widget.removeAttribute('tefca-mode');
    if (typeof widget.show === 'function') widget.show();
    widget.scrollIntoView({ block: 'center' });
  };

  const copy = async (button) => {
    const text = button.dataset.copy || button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(button); // at least marked, for Ctrl-C
      return;
    }
    button.classList.add('copied');
    at('copied').textContent = `${text} copied`;
    setTimeout(() => button.classList.remove('copied'), 1200);
  };

  document.addEventListener('click', (e) => {
    const button = e.target instanceof Element && e.target.closest('button');
    if (!button) return;
    if (button.dataset.reconnect) reconnect(document.querySelector('fasten-stitch-element'), button);
    else if (button.id === 'finish') send('/finish', '{}').then(show, () => lost({}));
    else if (button.classList.contains('copy')) copy(button);
  });

  document.addEventListener('DOMContentLoaded', () => {
    document.querySelector('fasten-stitch-element').addEventListener('eventBus', (e) => {
      const said = parse(e.detail);
      if (said && said.event && wanted.has(said.event.event_type)) hand(said.event, said.text);
    });
    if (failed) loadFailed(failed);
    setTimeout(() => {
      if (!customElements.get('fasten-stitch-element')) loadFailed(failed || 'The widget does not come. Check the network, then reload this page.');
    }, patience);
    customElements.whenDefined('fasten-stitch-element').then(refresh);
    refresh();
  });
})();
