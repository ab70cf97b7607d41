<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>tangnet</name>
    <message numerus="yes">
      <location filename="../../../app/ui/model_words.py" />
      <source> and %n more</source>
      <translation>
        <numerusform> und %n weiterer</numerusform>
        <numerusform> und %n weitere</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source> and {n} more</source>
      <translation> und {n} weitere</translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>%n conversations</source>
      <translation>
        <numerusform>%n Gespräch</numerusform>
        <numerusform>%n Gespräche</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>%n conversations deleted.</source>
      <translation>
        <numerusform>%n Gespräch gelöscht.</numerusform>
        <numerusform>%n Gespräche gelöscht.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/notices.py" />
      <source>%n documents were read</source>
      <translation>
        <numerusform>%n Dokument wurde gelesen</numerusform>
        <numerusform>%n Dokumente wurden gelesen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/arrivals.py" />
      <source>%n files</source>
      <translation>
        <numerusform>%n Datei</numerusform>
        <numerusform>%n Dateien</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/phrases.py" />
      <source>%n nodes have it</source>
      <translation>
        <numerusform>%n Knoten hat es</numerusform>
        <numerusform>%n Knoten haben es</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/settings_page.py" />
      <source>%n settings are as they were at first.</source>
      <translation>
        <numerusform>%n Einstellung ist wieder wie am Anfang.</numerusform>
        <numerusform>%n Einstellungen sind wieder wie am Anfang.</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>&amp;Add</source>
      <translation>&amp;Hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Add a Raspberry Pi…</source>
      <translation>&amp;Raspberry Pi…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>&amp;Add folder…</source>
      <translation>Ordner &amp;hinzufügen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>&amp;Add to library</source>
      <translation>In die &amp;Bibliothek</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>&amp;Address…</source>
      <translation>&amp;Adresse…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>&amp;All documents</source>
      <translation>&amp;Alle Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>&amp;Another folder…</source>
      <translation>&amp;Anderer Ordner…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>&amp;Branch: go on from here in a new conversation</source>
      <translation>&amp;Verzweigen: von hier in einem neuen Gespräch weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <location filename="../../../app/ui/password_dialog.py" />
      <location filename="../../../app/ui/queue_strip.py" />
      <source>&amp;Cancel</source>
      <translation>&amp;Abbrechen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Charts</source>
      <translation>&amp;Verlauf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Close</source>
      <translation>&amp;Schließen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>&amp;Copy</source>
      <translation>&amp;Kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>&amp;Copy address</source>
      <translation>Adresse &amp;kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash_dialog.py" />
      <source>&amp;Copy details</source>
      <translation>Einzelheiten &amp;kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>&amp;Create with folder…</source>
      <translation>Mit Ordner &amp;anlegen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Delete conversation</source>
      <translation>Gespräch &amp;löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Delete folder and what is in it</source>
      <translation>Ordner mit Inhalt &amp;löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Do this first</source>
      <translation>Als &amp;Nächstes bearbeiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>&amp;Download</source>
      <translation>&amp;Herunterladen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Duplicate</source>
      <translation>&amp;Verdoppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Edit</source>
      <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>&amp;Edit collections…</source>
      <translation>Sammlungen &amp;bearbeiten…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>&amp;Edit personas…</source>
      <translation>Rollen &amp;bearbeiten…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Forget</source>
      <translation>&amp;Vergessen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>&amp;Get better model</source>
      <translation>&amp;Besseres Modell holen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <location filename="../../../app/ui/recording_bar.py" />
      <source>&amp;Go on</source>
      <translation>&amp;Weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Instructions</source>
      <translation>&amp;Anweisungen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>&amp;Leave folder out</source>
      <translation>Ordner weg&amp;lassen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;List</source>
      <translation>&amp;Liste</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Map</source>
      <translation>&amp;Karte</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Model to prefer</source>
      <translation>Bevorzugtes &amp;Modell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Models…</source>
      <translation>&amp;Modelle…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;More…</source>
      <translation>&amp;Mehr…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Move to folder</source>
      <translation>In &amp;Ordner verschieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Name</source>
      <translation>&amp;Name</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Name and zone…</source>
      <translation>&amp;Name und Zone…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;New folder</source>
      <translation>&amp;Neuer Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <location filename="../../../app/ui/passage_view.py" />
      <source>&amp;Open file</source>
      <translation>Datei ö&amp;ffnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>&amp;Open in browser</source>
      <translation>Im Browser &amp;öffnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>&amp;Pair</source>
      <translation>&amp;Koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>&amp;Pair with {place}</source>
      <translation>Mit {place} &amp;koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Pair…</source>
      <translation>&amp;Koppeln…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Passages</source>
      <translation>&amp;Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <location filename="../../../app/ui/recording_bar.py" />
      <source>&amp;Pause</source>
      <translation>&amp;Pause</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Pin to the top</source>
      <translation>Oben an&amp;heften</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>&amp;Put it on {number} nodes</source>
      <translation>Auf {number} Knoten &amp;bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>&amp;Put it there</source>
      <translation>Dorthin &amp;bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/password_dialog.py" />
      <source>&amp;Read it</source>
      <translation>&amp;Lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>&amp;Record</source>
      <translation>&amp;Aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Remember</source>
      <translation>&amp;Merken</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Remove</source>
      <translation>&amp;Entfernen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>&amp;Remove collection</source>
      <translation>Sammlung &amp;entfernen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Remove from library</source>
      <translation>Aus Bibliothek &amp;entfernen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Remove from library ({number})</source>
      <translation>Aus Bibliothek &amp;entfernen ({number})</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Rename</source>
      <translation>&amp;Umbenennen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Reset</source>
      <translation>&amp;Zurücksetzen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Rest</source>
      <translation>&amp;Pause</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Save</source>
      <translation>&amp;Speichern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Save as</source>
      <translation>&amp;Speichern als</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>&amp;Save transcript…</source>
      <translation>Mitschrift &amp;speichern…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>&amp;Show report</source>
      <translation>Bericht &amp;zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>&amp;Stop</source>
      <translation>&amp;Anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Stop watching</source>
      <translation>Nicht mehr &amp;überwachen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>&amp;Subtitles (SRT)…</source>
      <translation>&amp;Untertitel (SRT)…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Summarise</source>
      <translation>&amp;Zusammenfassen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Take the folder apart</source>
      <translation>Ordner &amp;auflösen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>&amp;Tangnet: short and plain</source>
      <translation>&amp;Tangnet: kurz und klar</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>&amp;Text with times (TXT)…</source>
      <translation>&amp;Text mit Zeiten (TXT)…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <location filename="../../../app/ui/chrome.py" />
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Try again</source>
      <translation>&amp;Noch einmal</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Undo</source>
      <translation>&amp;Rückgängig</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Unpair</source>
      <translation>&amp;Trennen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Voice that reads its answers aloud</source>
      <translation>&amp;Stimme, die ihre Antworten vorliest</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Wake</source>
      <translation>&amp;Wecken</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Watch a folder…</source>
      <translation>Ordner &amp;überwachen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>&amp;Watch for changes</source>
      <translation>Auf Änderungen &amp;achten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Watched…</source>
      <translation>&amp;Überwacht…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>&amp;Why this answer</source>
      <translation>&amp;Warum diese Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>&amp;Write to the card…</source>
      <translation>Auf die Karte &amp;schreiben…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <source>, page {page}</source>
      <translation>, Seite {page}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>0 always takes the likeliest word; higher varies more.</source>
      <translation>0 nimmt immer das wahrscheinlichste Wort; mehr bringt mehr Abwechslung.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>0 bytes sent outside your network</source>
      <translation>0 Byte aus Ihrem Netz gesendet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>1 &amp;hour</source>
      <translation>1 &amp;Stunde</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>1 conversation</source>
      <translation>1 Gespräch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>1 document</source>
      <translation>1 Dokument</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>1 folder</source>
      <translation>1 Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>1 needs attention</source>
      <translation>1 braucht Aufmerksamkeit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>1 node</source>
      <translation>1 Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>1 page</source>
      <translation>1 Seite</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>1 passage</source>
      <translation>1 Textstelle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>1 passage was read</source>
      <translation>1 Textstelle wurde gelesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>1 passage was read besides</source>
      <translation>1 weitere Textstelle wurde gelesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>1 word</source>
      <translation>1 Wort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>15 &amp;minutes</source>
      <translation>15 &amp;Minuten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>64 digits and letters, where its publisher tells them</source>
      <translation>64 Ziffern und Buchstaben, wo der Herausgeber sie nennt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>99 languages.</source>
      <translation>99 Sprachen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>99 of 100</source>
      <translation>99 von 100</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>A GGUF chat model at an https:// address of your choice</source>
      <translation>Ein GGUF-Sprachmodell von einer https://-Adresse Ihrer Wahl</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>A GGUF chat model on this machine</source>
      <translation>Ein GGUF-Sprachmodell auf diesem Rechner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>A Wi-Fi network has a name of at most 32 bytes.</source>
      <translation>Ein WLAN hat einen Namen von höchstens 32 Byte.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>A Wi-Fi password has 8 to 63 characters.</source>
      <translation>Ein WLAN-Passwort hat 8 bis 63 Zeichen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>A collection is a set of folders. A conversation that is held to one is answered from these folders alone.</source>
      <translation>Eine Sammlung besteht aus Ordnern. Ein Gespräch, das an eine gebunden ist, wird allein aus diesen Ordnern beantwortet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>A collection needs a folder.</source>
      <translation>Eine Sammlung braucht einen Ordner.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>A collection needs a folder. Remove the whole collection instead.</source>
      <translation>Eine Sammlung braucht einen Ordner. Entfernen Sie stattdessen die ganze Sammlung.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>A folder cannot go with a question. Add it to the library and ask then.</source>
      <translation>Ein Ordner kann nicht mit einer Frage mitgehen. Zuerst in die Bibliothek aufnehmen, dann fragen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>A folder of the collection</source>
      <translation>Ein Ordner der Sammlung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>A link from the model</source>
      <translation>Ein Link vom Modell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>A model could not be brought</source>
      <translation>Ein Modell konnte nicht gebracht werden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>A model is there</source>
      <translation>Ein Modell ist da</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>A name has 1 to {most} characters that can be printed.</source>
      <translation>Ein Name hat 1 bis {most} druckbare Zeichen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>A node needs a name.</source>
      <translation>Ein Knoten braucht einen Namen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>A paired node may hear it, as the settings say.</source>
      <translation>Ein gekoppelter Knoten darf mithören, wie es die Einstellungen sagen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>A persona says how answers shall be. Each conversation has its own, chosen at the text box.</source>
      <translation>Eine Rolle sagt, wie Antworten sein sollen. Jedes Gespräch hat seine eigene; gewählt wird sie am Textfeld.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>A picture can be pasted as soon as Tangnet is ready.</source>
      <translation>Ein Bild kann eingefügt werden, sobald Tangnet bereit ist.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>A recording could not be turned into text</source>
      <translation>Eine Aufnahme konnte nicht mitgeschrieben werden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>A recording is text now</source>
      <translation>Eine Aufnahme ist mitgeschrieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <source>A recording of {length} was not ended when Tangnet was closed.</source>
      <translation>Eine Aufnahme von {length} war nicht beendet, als Tangnet geschlossen wurde.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Add &amp;documents to the library…</source>
      <translation>&amp;Dokumente in die Bibliothek…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Add &amp;files…</source>
      <translation>&amp;Dateien hinzufügen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Add Tangnet to the programs that start at login in the settings of your system.</source>
      <translation>Fügen Sie Tangnet in den Einstellungen Ihres Systems den Programmen hinzu, die beim Anmelden starten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Add a &amp;file…</source>
      <translation>&amp;Datei hinzufügen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Add a Raspberry Pi</source>
      <translation>Raspberry Pi hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Add a folder</source>
      <translation>Ordner hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Add a model</source>
      <translation>Modell hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/first_run.py" />
      <source>Add documents</source>
      <translation>Dokumente hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Add folder</source>
      <translation>Ordner hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Add it again to see its text.</source>
      <translation>Noch einmal hinzufügen, um den Text zu sehen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Add models of a folder</source>
      <translation>Modelle eines Ordners hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Add the document first.</source>
      <translation>Zuerst das Dokument hinzufügen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Add to your library</source>
      <translation>In die Bibliothek aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>Add {name} to your documents?</source>
      <translation>{name} zu Ihren Dokumenten hinzufügen?</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Added from {name}.</source>
      <translation>Hinzugefügt aus {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <location filename="../../../app/ui/node_words.py" />
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Address</source>
      <translation>Adresse</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>All GGUF chat models in a folder</source>
      <translation>Alle GGUF-Sprachmodelle in einem Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>All files</source>
      <translation>Alle Dateien</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>All is forgotten</source>
      <translation>Alles ist vergessen</translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/memory_page.py" />
      <source>All is forgotten: %n facts</source>
      <translation>
        <numerusform>Alles ist vergessen: %n Eintrag</numerusform>
        <numerusform>Alles ist vergessen: %n Einträge</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>All mo&amp;dels…</source>
      <translation>Alle Mo&amp;delle…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <source>All of it is kept and goes to your documents now.</source>
      <translation>Alles davon ist erhalten und kommt jetzt zu Ihren Dokumenten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>All sentences, underlined with dots, are not said by the passages.</source>
      <translation>Keinen der Sätze, punktiert unterstrichen, sagen die Textstellen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>All settings as they were at first; it can be undone</source>
      <translation>Alle Einstellungen wie am Anfang; lässt sich rückgängig machen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>All types</source>
      <translation>Alle Arten</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Always</source>
      <translation>Immer</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>American English, female.</source>
      <translation>Amerikanisches Englisch, weiblich.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>American English, male.</source>
      <translation>Amerikanisches Englisch, männlich.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Among the programs</source>
      <translation>Unter den Programmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>An address begins with https:// and leads to a .gguf file.</source>
      <translation>Eine Adresse beginnt mit https:// und führt zu einer .gguf-Datei.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/revising.py" />
      <source>An answer is being made. Stop it first, or wait for its end.</source>
      <translation>Gerade entsteht eine Antwort. Zuerst anhalten oder ihr Ende abwarten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Another Tangnet on this machine runs the local node, but it does not answer.</source>
      <translation>Ein anderes Tangnet auf diesem Rechner betreibt den lokalen Knoten, aber er antwortet nicht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Another node is called {name}.</source>
      <translation>Ein anderer Knoten heißt {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Another program has taken the key {key}.</source>
      <translation>Ein anderes Programm hat die Taste {key} belegt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <location filename="../../../app/ui/conversation_export.py" />
      <source>Answer</source>
      <translation>Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>Answer &amp;again</source>
      <translation>&amp;Noch einmal antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>Answer again &amp;on</source>
      <translation>Noch einmal antworten &amp;auf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Answer again, branch</source>
      <translation>Noch einmal antworten, verzweigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Answer from my documents</source>
      <translation>Aus meinen Dokumenten antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Answered by {node}</source>
      <translation>Geantwortet hat {node}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Answering</source>
      <translation>Antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <location filename="../../../app/ui/model_words.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <source>Answers</source>
      <translation>Antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Answers are made by these machines. This one is always there; add others on your network by pairing.</source>
      <translation>Diese Rechner geben Antworten. Dieser hier ist immer dabei; andere in Ihrem Netz kommen durch Koppeln dazu.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Answers are made here and nowhere else.</source>
      <translation>Nur hier wird geantwortet, nirgends sonst.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Answers are made on {name} and nowhere else.</source>
      <translation>Es antwortet nur {name}, niemand sonst.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Answers are short and plain.</source>
      <translation>Antworten sind kurz und klar.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Answers come from {folders}.</source>
      <translation>Antworten kommen aus {folders}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Answers may come from all documents.</source>
      <translation>Antworten können aus allen Dokumenten kommen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Any state</source>
      <translation>Jeder Zustand</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Any time</source>
      <translation>Jede Zeit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Archives</source>
      <translation>Archive</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>As fast as it goes</source>
      <translation>So schnell es geht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>As it is called on this machine:</source>
      <translation>Sein Name auf diesem Rechner:</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>As it was at first</source>
      <translation>Wie am Anfang</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>As text, subtitles or JSON</source>
      <translation>Als Text, Untertitel oder JSON</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>As the system</source>
      <translation>Wie das System</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>As: {persona}</source>
      <translation>Als: {persona}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Ask a question</source>
      <translation>Frage stellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Ask a question…</source>
      <translation>Frage stellen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <location filename="../../../app/ui/chrome.py" />
      <source>Ask a&amp;bout it</source>
      <translation>&amp;Danach fragen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Ask about it</source>
      <translation>Danach fragen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Ask about {many} files…</source>
      <translation>Nach {many} Dateien fragen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Ask about {name}…</source>
      <translation>Nach {name} fragen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Ask again</source>
      <translation>Noch einmal fragen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Ask for a summary of what is said</source>
      <translation>Um eine Zusammenfassung des Gesagten bitten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Ask the same question again</source>
      <translation>Dieselbe Frage noch einmal stellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Ask this in other words</source>
      <translation>Das anders fragen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Ask whether to remember what you say of yourself, such as your name.</source>
      <translation>Nachfragen, ob gemerkt werden soll, was Sie über sich sagen, etwa Ihr Name.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Ask without the picture, or use a node whose model sees.</source>
      <translation>Ohne das Bild fragen oder einen Knoten nehmen, dessen Modell Bilder sieht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Ask your own documents</source>
      <translation>Die eigenen Dokumente fragen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>At most {most} files can go with a question.</source>
      <translation>Höchstens {most} Dateien können mit einer Frage mitgehen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Attach a file instead.</source>
      <translation>Stattdessen eine Datei anhängen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Attach files</source>
      <translation>Dateien anhängen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Attach files to this question; they go into no library</source>
      <translation>Dateien an diese Frage anhängen; sie kommen in keine Bibliothek</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>Attached: {name}</source>
      <translation>Angehängt: {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Auto</source>
      <translation>Auto</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Automatic</source>
      <translation>Automatisch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <location filename="../../../app/ui/reading.py" />
      <source>Back to the answer</source>
      <translation>Zurück zur Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <source>Back to the documents</source>
      <translation>Zurück zu den Dokumenten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/reading.py" />
      <source>Back to the passages</source>
      <translation>Zurück zu den Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Begin a new conversation</source>
      <translation>Neues Gespräch beginnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Begins…</source>
      <translation>Beginnt…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <source>Begun {when}</source>
      <translation>Begonnen am {when}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Both machines show these sixteen digits now. If the other one shows others, somebody sits between them: unpair at once.</source>
      <translation>Beide Rechner zeigen jetzt diese sechzehn Ziffern. Zeigt der andere andere, sitzt jemand dazwischen: sofort trennen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Bring back &amp;all</source>
      <translation>&amp;Alle zurückholen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Bring back all that came with Tangnet</source>
      <translation>Alle zurückholen, die mit Tangnet kamen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>British English, female.</source>
      <translation>Britisches Englisch, weiblich.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>British English, male.</source>
      <translation>Britisches Englisch, männlich.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>By folder</source>
      <translation>Nach Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>By name</source>
      <translation>Nach Name</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>By name, folder, title, type, language, or what is wrong with them</source>
      <translation>Nach Name, Ordner, Titel, Art, Sprache oder dem, was nicht stimmt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>By name, zone, label, model, address, or state such as “not reached” or “heat”</source>
      <translation>Nach Name, Zone, Kennzeichen, Modell, Adresse oder Zustand wie „nicht erreicht“ oder „Hitze“</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>By zone</source>
      <translation>Zonen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Call this node something else here, or say where it stands</source>
      <translation>Diesen Knoten hier anders nennen oder sagen, wo er steht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <location filename="../../../app/ui/message_actions.py" />
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <location filename="../../../app/ui/pairing_dialog.py" />
      <location filename="../../../app/ui/push_row.py" />
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Cancel adding</source>
      <translation>Hinzufügen abbrechen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Cancel download</source>
      <translation>Download abbrechen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Cannot hear</source>
      <translation>Kann nicht hören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Careful reader</source>
      <translation>Genaues Lesen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Certainty of the wake word</source>
      <translation>Sicherheit des Weckworts</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Change what is remembered</source>
      <translation>Ändern, was gemerkt ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Changed</source>
      <translation>Geändert</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Chat model</source>
      <translation>Sprachmodell</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Chat model to prefer, by name; empty takes the best one present.</source>
      <translation>Bevorzugtes Sprachmodell, nach Namen; leer nimmt das beste vorhandene.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Check the free space and the permissions of that folder.</source>
      <translation>Den freien Platz und die Rechte dieses Ordners prüfen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Check the free space.</source>
      <translation>Den freien Platz prüfen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Check the free space; a damaged file is moved aside at the next start.</source>
      <translation>Den freien Platz prüfen; eine beschädigte Datei wird beim nächsten Start beiseitegelegt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Check the microphone, and speak a bit louder.</source>
      <translation>Das Mikrofon prüfen und etwas lauter sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Check the path.</source>
      <translation>Den Pfad prüfen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Checking</source>
      <translation>Wird geprüft</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Choose &amp;others</source>
      <translation>&amp;Andere wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Choose a &amp;microphone…</source>
      <translation>&amp;Mikrofon wählen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Choose a f&amp;older…</source>
      <translation>&amp;Ordner wählen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Choose a folder to add</source>
      <translation>Ordner zum Hinzufügen wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Choose a folder to watch.</source>
      <translation>Einen Ordner zum Überwachen wählen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <source>Choose another folder, or look for free space.</source>
      <translation>Einen anderen Ordner wählen oder Platz schaffen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Choose another microphone, or restart the sound server.</source>
      <translation>Ein anderes Mikrofon wählen oder den Klangdienst neu starten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Choose another name.</source>
      <translation>Einen anderen Namen wählen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/told.py" />
      <source>Choose another place at the text box: a word that was misheard must not send it elsewhere.</source>
      <translation>Am Textfeld einen anderen Ort wählen: Ein falsch verstandenes Wort darf es nicht woandershin schicken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Choose another talk key, or end that program.</source>
      <translation>Eine andere Sprechtaste wählen oder jenes Programm beenden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Choose another talk key.</source>
      <translation>Eine andere Sprechtaste wählen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Choose files to add</source>
      <translation>Dateien zum Hinzufügen wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Choose nodes again</source>
      <translation>Knoten noch einmal wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Choose the drive called bootfs</source>
      <translation>Das Laufwerk namens bootfs wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Choose the folder that holds it.</source>
      <translation>Den Ordner wählen, in dem es liegt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Cl&amp;ose</source>
      <translation>&amp;Schließen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Clear filters</source>
      <translation>Filter löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Click for the list of nodes.</source>
      <translation>Klicken für die Liste der Knoten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Click for the settings of the microphone.</source>
      <translation>Klicken für die Einstellungen des Mikrofons.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Click to choose a collection</source>
      <translation>Klicken, um eine Sammlung zu wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Click to choose another place</source>
      <translation>Klicken, um einen anderen Ort zu wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Click to choose who answers</source>
      <translation>Klicken, um zu wählen, wer antwortet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <source>Click to switch hands-free off.</source>
      <translation>Klicken, um Freihändig auszuschalten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Close</source>
      <translation>Schließen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <location filename="../../../app/ui/model_row.py" />
      <source>Close message</source>
      <translation>Meldung schließen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Close panel</source>
      <translation>Bereich schließen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Close the other window, or wait until it has restarted its node.</source>
      <translation>Das andere Fenster schließen oder warten, bis es seinen Knoten neu gestartet hat.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Close this panel (Esc)</source>
      <translation>Diesen Bereich schließen (Esc)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Close this window; what runs goes on</source>
      <translation>Dieses Fenster schließen; was läuft, läuft weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <location filename="../../../app/settings.py" />
      <source>Cluster</source>
      <translation>Cluster</translation>
    </message>
    <message>
      <location filename="../../../app/ui/code_blocks.py" />
      <source>Code</source>
      <translation>Code</translation>
    </message>
    <message>
      <location filename="../../../app/ui/announcing.py" />
      <source>Code in {language}.</source>
      <translation>Code in {language}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/announcing.py" />
      <source>Code.</source>
      <translation>Code.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Collections</source>
      <translation>Sammlungen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Colours</source>
      <translation>Farben</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Colours of the window.</source>
      <translation>Farben des Fensters.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Connections outside your network: {many}</source>
      <translation>Verbindungen aus Ihrem Netz hinaus: {many}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <location filename="../../../app/ui/conversation_export.py" />
      <location filename="../../../app/ui/conversation_view.py" />
      <source>Conversation</source>
      <translation>Gespräch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Conversations</source>
      <translation>Gespräche</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <location filename="../../../app/ui/code_blocks.py" />
      <location filename="../../../app/ui/crash_dialog.py" />
      <location filename="../../../app/ui/log_page.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Copied</source>
      <translation>Kopiert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>Copied.</source>
      <translation>Kopiert.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <location filename="../../../app/ui/code_blocks.py" />
      <source>Copy</source>
      <translation>Kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <location filename="../../../app/ui/document_menu.py" />
      <location filename="../../../app/ui/message_widgets.py" />
      <source>Copy &amp;link</source>
      <translation>Lin&amp;k kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Copy all of this as Markdown</source>
      <translation>Dies alles als Markdown kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Copy answer</source>
      <translation>Antwort kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/code_blocks.py" />
      <source>Copy code ({language})</source>
      <translation>Code kopieren ({language})</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Copy report</source>
      <translation>Bericht kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Copy the answer as Markdown</source>
      <translation>Die Antwort als Markdown kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Copy the lines shown</source>
      <translation>Die gezeigten Zeilen kopieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/application.py" />
      <source>Could not start</source>
      <translation>Start gescheitert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Counted since {day}, connection by connection, as the system tells it.</source>
      <translation>Gezählt seit {day}, Verbindung für Verbindung, wie das System es sagt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Counted since {day}. Last to {address}. Downloads that you ask for count too.</source>
      <translation>Gezählt seit {day}. Zuletzt an {address}. Downloads, um die Sie bitten, zählen mit.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Counted since {day}: connections opened by Tangnet's own code.</source>
      <translation>Gezählt seit {day}: Verbindungen, die Tangnets eigener Code geöffnet hat.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Country</source>
      <translation>Land</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Dark</source>
      <translation>Dunkel</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Data and code</source>
      <translation>Daten und Code</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>De&amp;lete</source>
      <translation>&amp;Löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>Delete all</source>
      <translation>Alle löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>Delete all kept sound</source>
      <translation>Allen aufbewahrten Ton löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>Delete for good</source>
      <translation>Endgültig löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Delete it from the memory (Delete)</source>
      <translation>Aus dem Gedächtnis löschen (Entf)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Delete it from this machine; it can be undone</source>
      <translation>Von diesem Rechner löschen; lässt sich rückgängig machen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Delete sound</source>
      <translation>Ton löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Delete the sound of this question</source>
      <translation>Den Ton dieser Frage löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Delete this persona</source>
      <translation>Diese Rolle löschen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Deployed by an administrator.</source>
      <translation>Von einem Verwalter verteilt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash_dialog.py" />
      <source>Details</source>
      <translation>Einzelheiten</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Deutsch</source>
      <translation>Deutsch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Device: {name}</source>
      <translation>Gerät: {name}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Do what is said to the program, such as "stop" or "new conversation".</source>
      <translation>Tun, was dem Programm gesagt wird, etwa „stopp“ oder „neues Gespräch“.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Document</source>
      <translation>Dokument</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Documents</source>
      <translation>Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Documents to answer from</source>
      <translation>Dokumente, aus denen geantwortet wird</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Download</source>
      <translation>Herunterladen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Download a model</source>
      <translation>Modell herunterladen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Download from an address</source>
      <translation>Von einer Adresse herunterladen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Download it instead.</source>
      <translation>Stattdessen herunterladen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Download the chosen model: this opens a connection outside your network</source>
      <translation>Das gewählte Modell herunterladen: Das öffnet eine Verbindung aus Ihrem Netz hinaus</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Download {name}</source>
      <translation>{name} herunterladen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Drop documents</source>
      <translation>Dokumente ablegen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Drop files or folders anywhere on the window: PDF, Word, slides, tables, mail, web pages, pictures, recordings, text. Or record a lecture by the round button above.</source>
      <translation>Ziehen Sie Dateien oder Ordner irgendwo auf das Fenster: PDF, Word, Folien, Tabellen, E-Mail, Webseiten, Bilder, Aufnahmen, Text. Oder nehmen Sie mit dem runden Knopf oben einen Vortrag auf.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Duplicate this persona</source>
      <translation>Diese Rolle verdoppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>E&amp;xport…</source>
      <translation>E&amp;xport…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Each answer is made where it is there soonest.</source>
      <translation>Jede Antwort entsteht dort, wo sie am schnellsten da ist.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Earlier conversation, {day}</source>
      <translation>Früheres Gespräch, {day}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Earlier conversations</source>
      <translation>Frühere Gespräche</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Edit question</source>
      <translation>Frage bearbeiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Editor</source>
      <translation>Lektorat</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Eight digits, or a link</source>
      <translation>Acht Ziffern oder ein Link</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>End the &amp;recording</source>
      <translation>Aufnahme &amp;beenden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>End the recording</source>
      <translation>Aufnahme beenden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>End the recording; it is written down and added</source>
      <translation>Aufnahme beenden; sie wird mitgeschrieben und aufgenommen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>End the recording; it is written down and added to your documents</source>
      <translation>Aufnahme beenden; sie wird mitgeschrieben und zu Ihren Dokumenten hinzugefügt</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <location filename="../../../app/ui/core_sentences.py" />
      <source>English</source>
      <translation>Englisch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>English only.</source>
      <translation>Nur Englisch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>English, German, Dutch, French, Italian, Spanish or Swedish</source>
      <translation>Englisch, Deutsch, Niederländisch, Französisch, Italienisch, Spanisch oder Schwedisch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>English; reads 256 tokens of a text. Needs no torch.</source>
      <translation>Englisch; liest 256 Token eines Textes. Braucht kein torch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>English; reads 256 tokens of a text. Needs torch, with which the first question waits many seconds.</source>
      <translation>Englisch; liest 256 Token eines Textes. Braucht torch, mit dem die erste Frage viele Sekunden wartet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>Enter its pass&amp;word…</source>
      <translation>&amp;Passwort eingeben…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/citation_preview.py" />
      <source>Enter opens the passage</source>
      <translation>Eingabe öffnet die Textstelle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Enter sends, Shift and Enter begins a new line, Up recalls earlier questions.</source>
      <translation>Eingabe sendet, Umschalt und Eingabe beginnt eine neue Zeile, Pfeil nach oben holt frühere Fragen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Errors</source>
      <translation>Fehler</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Esc cancels. What the microphone does now stands beside this button.</source>
      <translation>Esc bricht ab. Was das Mikrofon gerade tut, steht neben diesem Knopf.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Every question is read with them: short ones work best.</source>
      <translation>Jede Frage wird mit ihnen gelesen: Kurze wirken am besten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Everything</source>
      <translation>Alles</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Export the memory</source>
      <translation>Gedächtnis exportieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/models_page.py" />
      <source>F&amp;older…</source>
      <translation>&amp;Ordner…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Failed</source>
      <translation>Fehlgeschlagen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Fall silent when you speak</source>
      <translation>Verstummen, wenn Sie sprechen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Fall silent when you speak; where its own voice is as loud as yours in the microphone, speak up or press Esc.</source>
      <translation>Verstummen, wenn Sie sprechen; wo die eigene Stimme im Mikrofon so laut ist wie Ihre, hilft lauter sprechen oder Esc.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Fetch here</source>
      <translation>Hierher holen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Fetch it from its publisher, check it, and use it</source>
      <translation>Beim Herausgeber holen, prüfen und benutzen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Fetch {model} from {node} to this machine</source>
      <translation>{model} von {node} auf diesen Rechner holen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Fetching</source>
      <translation>Wird geholt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Fetching {name}…</source>
      <translation>{name} wird geholt…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Files or folders, anywhere on this window. Or click.</source>
      <translation>Dateien oder Ordner, irgendwo auf dieses Fenster. Oder klicken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>Files that go with the question</source>
      <translation>Dateien, die mit der Frage mitgehen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>Files to ask about</source>
      <translation>Dateien, nach denen gefragt wird</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Filters and order</source>
      <translation>Filter und Reihenfolge</translation>
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Find conversations by their words (Ctrl+F)</source>
      <translation>Gespräche nach ihren Worten finden (Strg+F)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Find in the log</source>
      <translation>Im Protokoll suchen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Find in the memory</source>
      <translation>Im Gedächtnis suchen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <source>Find in these passages</source>
      <translation>In diesen Textstellen suchen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Find nodes in Tailscale</source>
      <translation>Knoten in Tailscale finden</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Find nodes on this network</source>
      <translation>Knoten in diesem Netz finden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Find settings by their words</source>
      <translation>Einstellungen nach ihren Worten finden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Finds by meaning</source>
      <translation>Findet nach Bedeutung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Finds speech in sound; comes with the speech recogniser and needs no adding.</source>
      <translation>Findet Sprache im Ton; kommt mit der Spracherkennung und muss nicht hinzugefügt werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Fingerprint {mark}</source>
      <translation>Fingerabdruck {mark}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Folder for the program and its commands</source>
      <translation>Ordner für das Programm und seine Befehle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Folder {name}, {detail}, closed</source>
      <translation>Ordner {name}, {detail}, zugeklappt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Folder {name}, {detail}, open</source>
      <translation>Ordner {name}, {detail}, aufgeklappt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Folder “{name}” deleted.</source>
      <translation>Ordner „{name}“ gelöscht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Folders</source>
      <translation>Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Folders of the collection</source>
      <translation>Ordner der Sammlung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Folders whose changes are noticed by themselves</source>
      <translation>Ordner, deren Änderungen von selbst bemerkt werden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>For a &amp;running Pi…</source>
      <translation>Für einen &amp;laufenden Pi…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Forget &amp;all</source>
      <translation>&amp;Alles vergessen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Forget it; its folders and documents stay (Delete)</source>
      <translation>Vergessen; ihre Ordner und Dokumente bleiben (Entf)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <source>Forgotten: {text}</source>
      <translation>Vergessen: {text}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_fields.py" />
      <source>Found out by itself</source>
      <translation>Wird von selbst erkannt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Found: {names}.</source>
      <translation>Gefunden: {names}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Free some space.</source>
      <translation>Etwas Platz schaffen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Getting ready on this machine</source>
      <translation>Macht sich auf diesem Rechner bereit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Give this panel the room of the conversation</source>
      <translation>Diesem Bereich den Platz des Gesprächs geben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash_dialog.py" />
      <location filename="../../../app/ui/playback.py" />
      <source>Go on</source>
      <translation>Weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Go on indexing</source>
      <translation>Weiter indexieren</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Go on recording</source>
      <translation>Weiter aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Go on with the recording at {time}</source>
      <translation>Aufnahme bei {time} weiter abspielen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Goes with your next question alone, and into no library.</source>
      <translation>Geht nur mit Ihrer nächsten Frage mit und kommt in keine Bibliothek.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Good answers over your documents; needs about 2 GB of memory.</source>
      <translation>Gute Antworten über Ihre Dokumente; braucht etwa 2 GB Arbeitsspeicher.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <location filename="../../../app/settings.py" />
      <source>Hands-free</source>
      <translation>Freihändig</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>Hands-free is off.</source>
      <translation>Freihändig ist aus.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <source>Hands-free: {state}</source>
      <translation>Freihändig: {state}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Hardware</source>
      <translation>Hardware</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Have all personas that came with Tangnet back as they were; yours stay</source>
      <translation>Alle Rollen, die mit Tangnet kamen, wieder wie am Anfang; Ihre bleiben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Have it back as it came with Tangnet</source>
      <translation>Wieder so, wie sie mit Tangnet kam</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Hear it</source>
      <translation>Anhören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Hear your question</source>
      <translation>Ihre Frage anhören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>Heard, with {score}.</source>
      <translation>Gehört, mit {score}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Hears</source>
      <translation>Hört</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Here</source>
      <translation>Hier</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Here first</source>
      <translation>Erst hier</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Hide the window</source>
      <translation>Fenster verbergen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>High contrast</source>
      <translation>Hoher Kontrast</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Hold the key until the level meter moves, then speak.</source>
      <translation>Die Taste halten, bis sich der Pegel bewegt, dann sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/told.py" />
      <source>Hold the key while you speak.</source>
      <translation>Die Taste halten, während Sie sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Hold this button, or {key}, and speak; let go when done. A short tap starts, another one ends.</source>
      <translation>Diesen Knopf oder {key} halten und sprechen; danach loslassen. Kurz tippen beginnt, noch einmal tippen beendet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Hold to talk</source>
      <translation>Zum Sprechen halten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Hold {key} and speak; let go when done.</source>
      <translation>{key} halten und sprechen; danach loslassen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Hold {key} to talk</source>
      <translation>Zum Sprechen {key} halten</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>How fast it speaks, from 0.5 to 2.</source>
      <translation>Wie schnell gesprochen wird, von 0,5 bis 2.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>How many passages the model gets to read.</source>
      <translation>Wie viele Textstellen das Modell zu lesen bekommt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>How much each node may fetch at most</source>
      <translation>Wie schnell jeder Knoten höchstens holen darf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>How shall answers be? Say it as you would say it to a person.</source>
      <translation>Wie sollen Antworten sein? So schreiben, wie man es einem Menschen sagt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>How sure the wake word is</source>
      <translation>Wie sicher das Weckwort ist</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>How sure the wake word must be, from 0 to 1: higher wakes less often by mistake; 0 is as its model says.</source>
      <translation>Wie sicher das Weckwort sein muss, von 0 bis 1: höher weckt seltener aus Versehen; 0 ist, wie sein Modell es sagt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>I heard no words.</source>
      <translation>Es waren keine Worte zu hören.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Idle paired nodes too</source>
      <translation>Auch freie gekoppelte Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>If you like, now or later:</source>
      <translation>Wenn Sie möchten, jetzt oder später:</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>In {folder} now: {files}. Copy them to the Pi, for example with scp, and run there: sh {script}</source>
      <translation>Jetzt in {folder}: {files}. Auf den Pi kopieren, etwa mit scp, und dort ausführen: sh {script}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>In: {collection}</source>
      <translation>In: {collection}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Indexing {name}</source>
      <translation>Indexiert {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Indexing {name}{more}</source>
      <translation>Nimmt {name}{more} in den Index auf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Instructions</source>
      <translation>Anweisungen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Instructions may have {most} characters; these have {number}.</source>
      <translation>Anweisungen dürfen {most} Zeichen haben; diese haben {number}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Interrupted: Tangnet was closed while this answer was written.</source>
      <translation>Unterbrochen: Tangnet wurde geschlossen, während diese Antwort geschrieben wurde.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Is it switched on?</source>
      <translation>Ist er eingeschaltet?</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>It brings only silence: is it switched off, or not allowed?</source>
      <translation>Es bringt nur Stille: Ist es ausgeschaltet oder nicht erlaubt?</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>It cannot be written: {why}.</source>
      <translation>Es lässt sich nicht schreiben: {why}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>It could not be typed: {error}.</source>
      <translation>Es konnte nicht getippt werden: {error}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It has copy protection, which only the shop's own reader opens.</source>
      <translation>Es hat einen Kopierschutz, den nur das Leseprogramm des Ladens öffnet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It has more than {most} pages.</source>
      <translation>Es hat mehr als {most} Seiten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>It has no instructions yet.</source>
      <translation>Sie hat noch keine Anweisungen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is a damaged picture, or one of a kind that cannot be read.</source>
      <translation>Das Bild ist beschädigt oder von einer Art, die nicht gelesen werden kann.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is a damaged picture.</source>
      <translation>Das Bild ist beschädigt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is a recording: a node has to listen to it.</source>
      <translation>Eine Aufnahme: Ein Knoten muss sie anhören.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>It is being loaded…</source>
      <translation>Es wird geladen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>It is hot and will soon run slower.</source>
      <translation>Er ist heiß und wird bald langsamer.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>It is in the clipboard, and in the text box below.</source>
      <translation>Es ist in der Zwischenablage und unten im Textfeld.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>It is in the clipboard: paste it with Ctrl+V.</source>
      <translation>Es ist in der Zwischenablage: mit Strg+V einfügen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is larger than {most} MiB.</source>
      <translation>Es ist größer als {most} MiB.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>It is muted in the sound settings of this computer.</source>
      <translation>Es ist in den Klangeinstellungen dieses Rechners stumm.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is not a document but data of another program.</source>
      <translation>Das ist kein Dokument, sondern Daten eines anderen Programms.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is not a document but {name}.</source>
      <translation>Das ist kein Dokument, sondern {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is not a document: it holds binary data.</source>
      <translation>Das ist kein Dokument: Es sind Binärdaten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is not a regular file.</source>
      <translation>Das ist keine gewöhnliche Datei.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>It is not in your library. Add it, and what is said in it is written down.</source>
      <translation>Sie ist nicht in Ihrer Bibliothek. Nehmen Sie sie auf, dann wird mitgeschrieben, was darin gesagt wird.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is opened by itself.</source>
      <translation>Es wird von selbst geöffnet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is protected by a password.</source>
      <translation>Das Dokument ist durch ein Passwort geschützt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>It is too hot and runs slower until it has cooled down. Look at its fan and its place.</source>
      <translation>Er ist zu heiß und läuft langsamer, bis er abgekühlt ist. Sehen Sie nach seinem Lüfter und seinem Platz.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It is {name}, which cannot be read; saved as {instead} it can.</source>
      <translation>Das ist {name} und nicht lesbar; gespeichert als {instead} geht es.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>It listens: speak, and the bars move.</source>
      <translation>Es hört zu: Sprechen Sie, dann bewegen sich die Balken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>It moved from {one} to {other}: {reason}</source>
      <translation>Die Antwort ist umgezogen ({one} → {other}): {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It needs {packages}, not installed here.</source>
      <translation>Es braucht {packages}, hier nicht installiert.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It was changed while it was read.</source>
      <translation>Es wurde geändert, während es gelesen wurde.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It was lost {times} times.</source>
      <translation>Sie ging {times}-mal verloren.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>It was: {text}</source>
      <translation>Er war: {text}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Its chunks were lost; adding it again brings them back.</source>
      <translation>Seine Teile gingen verloren; noch einmal hinzufügen bringt sie zurück.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Its documents are read on your machines, and changes are noticed</source>
      <translation>Seine Dokumente werden auf Ihren Rechnern gelesen, und Änderungen werden bemerkt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Its menu brings the window back and ends the program.</source>
      <translation>Sein Menü holt das Fenster zurück und beendet das Programm.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/password_dialog.py" />
      <source>Its password is used on this machine to read it, and is not kept.</source>
      <translation>Das Passwort wird auf diesem Rechner zum Lesen benutzt und nicht aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Its power supply is too weak: it runs slower and may restart. Use the maker's supply.</source>
      <translation>Sein Netzteil ist zu schwach: Er läuft langsamer und startet womöglich neu. Nehmen Sie das Netzteil des Herstellers.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Its text could not be embedded: {reason}</source>
      <translation>Der Text konnte nicht für die Suche vorbereitet werden: {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep an icon in the tray; closing the window leaves Tangnet there, and the icon's menu ends it.</source>
      <translation>Ein Symbol im Infobereich behalten; wird das Fenster geschlossen, bleibt Tangnet dort, und das Menü des Symbols beendet es.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Keep nothing until you go on</source>
      <translation>Nichts aufbewahren, bis es weitergeht</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the microphone open</source>
      <translation>Mikrofon offen halten</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the microphone open while the window is in front, so that no first word is lost.</source>
      <translation>Das Mikrofon offen halten, solange das Fenster vorn ist, damit kein erstes Wort verloren geht.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the sound of questions</source>
      <translation>Ton der Fragen aufbewahren</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the sound of spoken questions beside the conversation, on this machine, until you delete it.</source>
      <translation>Den Ton gesprochener Fragen beim Gespräch auf diesem Rechner aufbewahren, bis Sie es löschen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Key</source>
      <translation>Schlüssel</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Key to hold while talking.</source>
      <translation>Taste, die beim Sprechen gehalten wird.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Labels</source>
      <translation>Kennzeichen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Language</source>
      <translation>Sprache</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Language of scans</source>
      <translation>Sprache der Scans</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Language of scans such as ru where it is not written in Latin letters; empty is Latin, Chinese, Japanese.</source>
      <translation>Sprache der Scans wie ru, wo sie nicht in lateinischen Buchstaben geschrieben ist; leer ist Latein, Chinesisch, Japanisch.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Language of the window.</source>
      <translation>Sprache des Fensters.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Larger</source>
      <translation>Größer</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Larger (+)</source>
      <translation>Größer (+)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Largest first</source>
      <translation>Größte zuerst</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Last 24 hours</source>
      <translation>Letzte 24 Stunden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Last 7 days</source>
      <translation>Letzte 7 Tage</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Last known</source>
      <translation>Zuletzt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Last month</source>
      <translation>Letzter Monat</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Last year</source>
      <translation>Letztes Jahr</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Leave Tangnet open until the Pi has come: for one day it listens on port 7445 for this one machine. The files hold a secret until then.</source>
      <translation>Lassen Sie Tangnet offen, bis der Pi da ist: Einen Tag lang lauscht es auf Port 7445 auf diesen einen Rechner. Bis dahin enthalten die Dateien ein Geheimnis.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Left and Right close and open folders, Enter opens the document, Delete removes it from the library.</source>
      <translation>Links und Rechts klappen Ordner zu und auf, Eingabe öffnet das Dokument, Entf entfernt es aus der Bibliothek.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Less</source>
      <translation>Weniger</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let answers use what was said in earlier conversations where it fits the question.</source>
      <translation>Antworten dürfen benutzen, was in früheren Gesprächen gesagt wurde, wo es zur Frage passt.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let nodes hear</source>
      <translation>Knoten hören lassen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let the model that answered name a conversation, in the background, once it is free.</source>
      <translation>Das Modell, das geantwortet hat, gibt dem Gespräch im Hintergrund einen Titel, sobald es frei ist.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let the talk key work in every program, not only in this window.</source>
      <translation>Die Sprechtaste gilt in jedem Programm, nicht nur in diesem Fenster.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let your voice and recordings go to paired nodes that turn them into text more quickly.</source>
      <translation>Ihre Stimme und Aufnahmen dürfen zu gekoppelten Knoten gehen, die sie schneller in Text verwandeln.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Letters, digits, blanks, dashes.</source>
      <translation>Buchstaben, Ziffern, Leerzeichen, Striche.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Letters, digits, blanks, dots and dashes, 40 at most.</source>
      <translation>Buchstaben, Ziffern, Leerzeichen, Punkte und Striche, höchstens 40.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Level</source>
      <translation>Stufe</translation>
    </message>
    <message>
      <location filename="../../../app/ui/views.py" />
      <source>Library</source>
      <translation>Bibliothek</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Light</source>
      <translation>Hell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Lines of the log</source>
      <translation>Zeilen des Protokolls</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Listen for the wake word, so that no key is needed; answers are read aloud.</source>
      <translation>Auf das Weckwort hören, sodass keine Taste nötig ist; Antworten werden vorgelesen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Listen to this microphone: the bars move while you speak</source>
      <translation>Diesem Mikrofon zuhören: Die Balken bewegen sich, während Sie sprechen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>Listen: the bar shows how sure the wake word is</source>
      <translation>Zuhören: Der Balken zeigt, wie sicher das Weckwort ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Listening</source>
      <translation>Hört zu</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Listening to {name}</source>
      <translation>Hört {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Listening…</source>
      <translation>Hört zu…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Load</source>
      <translation>Auslastung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Loading {what}{name}</source>
      <translation>Lädt {what}{name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Loading: {parts}</source>
      <translation>Lädt: {parts}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Log</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Longest answer</source>
      <translation>Längste Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Longest answer, in tokens.</source>
      <translation>Längste Antwort, in Token.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Look for nodes among your own machines in Tailscale, where its command is here.</source>
      <translation>Unter Ihren eigenen Rechnern in Tailscale nach Knoten suchen, wo dessen Befehl vorhanden ist.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Look for nodes on the local network.</source>
      <translation>Im lokalen Netz nach Knoten suchen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Looking at the files…</source>
      <translation>Die Dateien werden angesehen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Looking for documents</source>
      <translation>Sucht Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Looking for passages and a node.</source>
      <translation>Sucht Textstellen und einen Knoten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Looking what there is…</source>
      <translation>Es wird nachgesehen, was da ist…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Machine</source>
      <translation>Rechner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Mail</source>
      <translation>E-Mail</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Map of the nodes</source>
      <translation>Karte der Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Markdown</source>
      <translation>Markdown</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <location filename="../../../app/settings.py" />
      <source>Memory</source>
      <translation>Gedächtnis</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Memory &amp;settings</source>
      <translation>&amp;Einstellungen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Mend the file, or move it away.</source>
      <translation>Die Datei in Ordnung bringen oder beiseite legen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Mic muted</source>
      <translation>Mikro stumm</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Mic off</source>
      <translation>Mikro aus</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Mic on</source>
      <translation>Mikro an</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Mic opening…</source>
      <translation>Mikro öffnet…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Mic silent</source>
      <translation>Mikro still</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <location filename="../../../app/settings.py" />
      <source>Microphone</source>
      <translation>Mikrofon</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Microphone by name; empty follows the system.</source>
      <translation>Mikrofon, nach Namen; leer folgt dem System.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Microphone level</source>
      <translation>Pegel des Mikrofons</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Microphone: muted</source>
      <translation>Mikrofon: stumm</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Microphone: none</source>
      <translation>Mikrofon: keins</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Microphone: off</source>
      <translation>Mikrofon: aus</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Microphone: on</source>
      <translation>Mikrofon: an</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Microphone: opening</source>
      <translation>Mikrofon: wird geöffnet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>Microphone: silent</source>
      <translation>Mikrofon: still</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Model</source>
      <translation>Modell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/push_row.py" />
      <source>Model on its way to nodes</source>
      <translation>Modell unterwegs zu Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Model to fetch</source>
      <translation>Modell zum Holen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Model: {model}</source>
      <translation>Modell: {model}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/views.py" />
      <source>Models</source>
      <translation>Modelle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_card.py" />
      <source>Models: {names}</source>
      <translation>Modelle: {names}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_card.py" />
      <source>Models: {names} and {rest} more</source>
      <translation>Modelle: {names} und {rest} weitere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>More about this answer</source>
      <translation>Mehr zu dieser Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Most pages first</source>
      <translation>Meiste Seiten zuerst</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>Moved from {node}: {reason}</source>
      <translation>Vorher war es {node}: {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Moved to another machine</source>
      <translation>Auf einen anderen Rechner umgezogen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>Moved · {node}</source>
      <translation>Umgezogen · {node}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Movement</source>
      <translation>Bewegung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>My documents</source>
      <translation>Meine Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/cluster_pi.py" />
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Name and zone</source>
      <translation>Name und Zone</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Name and zone of {name}</source>
      <translation>Name und Zone von {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Name of a new collection</source>
      <translation>Name einer neuen Sammlung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Name one above and choose its first folder: taxes, a course, a house.</source>
      <translation>Geben Sie oben einen Namen ein und wählen Sie den ersten Ordner: Steuer, ein Kurs, ein Haus.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Name one or more folders or files.</source>
      <translation>Einen oder mehrere Ordner oder Dateien nennen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Names to listen for</source>
      <translation>Namen, auf die gehört wird</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Names to listen for; what you correct in a spoken question is added.</source>
      <translation>Namen, auf die gehört wird; was Sie in einer gesprochenen Frage verbessern, kommt dazu.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Ne&amp;w</source>
      <translation>&amp;Neu</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Need attention</source>
      <translation>Brauchen Aufmerksamkeit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Needs about {size} of memory</source>
      <translation>Braucht etwa {size} Arbeitsspeicher</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Never</source>
      <translation>Nie</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <location filename="../../../app/ui/conversation_rows.py" />
      <location filename="../../../app/ui/sidebar.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>New conversation</source>
      <translation>Neues Gespräch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>New folder</source>
      <translation>Neuer Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>New folder {n}</source>
      <translation>Neuer Ordner {n}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/two_line.py" />
      <source>New name</source>
      <translation>Neuer Name</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>New persona</source>
      <translation>Neue Rolle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Newest first</source>
      <translation>Neueste zuerst</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Next page</source>
      <translation>Nächste Seite</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Next page (Ctrl+PgDown)</source>
      <translation>Nächste Seite (Strg+Bild ab)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>No</source>
      <translation>Nein</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>No answer began in this time.</source>
      <translation>In dieser Zeit hat keine Antwort begonnen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>No collections yet</source>
      <translation>Noch keine Sammlungen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>No connection outside your network</source>
      <translation>Keine Verbindung aus Ihrem Netz hinaus</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>No fact holds these words.</source>
      <translation>Kein Eintrag enthält diese Worte.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No loudspeaker was found.</source>
      <translation>Es wurde kein Lautsprecher gefunden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>No mic</source>
      <translation>Kein Mikro</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No microphone was found.</source>
      <translation>Es wurde kein Mikrofon gefunden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>No microphone was found. Plug one in, and open the settings again.</source>
      <translation>Es wurde kein Mikrofon gefunden. Schließen Sie eines an und öffnen Sie die Einstellungen noch einmal.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No more text came for {seconds} s.</source>
      <translation>Seit {seconds} s kam kein Text mehr.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No node called {name} announces itself here.</source>
      <translation>Hier meldet sich kein Knoten namens {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No node can answer now.</source>
      <translation>Jetzt kann kein Knoten antworten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No node has the voice {voice}.</source>
      <translation>Kein Knoten hat die Stimme {voice}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>No node here has a voice.</source>
      <translation>Kein Knoten hier hat eine Stimme.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>No node matches.</source>
      <translation>Kein Knoten passt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>No other node can be used, so answers are made here.</source>
      <translation>Kein anderer Knoten ist benutzbar, also entstehen Antworten hier.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>No passage of your documents supports this answer.</source>
      <translation>Keine Textstelle Ihrer Dokumente stützt diese Antwort.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>No recordings yet</source>
      <translation>Noch keine Aufnahmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>No setting has “{words}” in it.</source>
      <translation>Keine Einstellung enthält „{words}“.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>No sound is kept.</source>
      <translation>Es ist kein Ton aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>No window has the keyboard.</source>
      <translation>Kein Fenster hat die Tastatur.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>No, never ask for this again</source>
      <translation>Nein, danach nie wieder fragen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Nobody says anything in it.</source>
      <translation>Niemand sagt etwas darin.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Nodes</source>
      <translation>Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Nodes as a list</source>
      <translation>Knoten als Liste</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Nodes as a picture, zone by zone</source>
      <translation>Knoten als Bild, Zone für Zone</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Nodes by address</source>
      <translation>Knoten nach Adresse</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Nodes that could be reached, in %</source>
      <translation>Erreichbare Knoten, in %</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Nodes to put the model on</source>
      <translation>Knoten, auf die das Modell soll</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Nodes to reach by address (host:port), besides those discovered.</source>
      <translation>Knoten, die über eine Adresse (host:port) erreicht werden, neben den gefundenen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>None</source>
      <translation>Keine</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Not available: {parts}</source>
      <translation>Nicht verfügbar: {parts}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Not from your documents</source>
      <translation>Nicht aus Ihren Dokumenten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Not paired</source>
      <translation>Nicht gekoppelt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Note</source>
      <translation>Hinweis</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Nothing came for {seconds} s, not even a sign of life.</source>
      <translation>Seit {seconds} s kam nichts, nicht einmal ein Lebenszeichen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Nothing found for “{text}”.</source>
      <translation>Nichts gefunden für „{text}“.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Nothing here yet</source>
      <translation>Noch nichts hier</translation>
    </message>
    <message>
      <location filename="../../../app/ui/markdown_look.py" />
      <source>Nothing in the passages that were read says this.</source>
      <translation>Nichts in den gelesenen Textstellen sagt das.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Nothing is being recorded.</source>
      <translation>Es wird nichts aufgenommen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <source>Nothing is found</source>
      <translation>Nichts gefunden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Nothing is known yet.</source>
      <translation>Noch ist nichts bekannt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Nothing is remembered yet</source>
      <translation>Noch ist nichts gemerkt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Nothing is said in it.</source>
      <translation>Es wird nichts darin gesagt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Nothing is written there.</source>
      <translation>Dort steht nichts.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Nothing of the sound is kept.</source>
      <translation>Vom Ton wird nichts aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Nothing was heard of {name} for {seconds} s.</source>
      <translation>Von {name} war {seconds} s lang nichts zu hören.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <source>Nothing was recorded.</source>
      <translation>Es wurde nichts aufgenommen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Nothing was recorded: the microphone was still starting.</source>
      <translation>Es wurde nichts aufgenommen: Das Mikrofon startete noch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <location filename="../../../app/ui/told.py" />
      <source>Nothing was understood.</source>
      <translation>Es wurde nichts verstanden.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Notices of the desktop</source>
      <translation>Mitteilungen auf dem Desktop</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Notices speech</source>
      <translation>Bemerkt Sprache</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Now</source>
      <translation>Jetzt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Now {active} being made and {waiting} waiting; {most} waited at most.</source>
      <translation>Jetzt entstehen {active} und {waiting} warten; höchstens {most} haben gewartet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Now {now} tokens/s; {mean} on average, {most} at most.</source>
      <translation>Jetzt {now} Token/s; im Mittel {mean}, höchstens {most}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Now {reached} of {known} nodes; {share} % over this time.</source>
      <translation>Jetzt {reached} von {known} Knoten; {share} % über diese Zeit.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/settings.py" />
      <source>Off</source>
      <translation>Aus</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>On the card now: {files}. Eject it, put it into the Pi and switch the Pi on: it sets itself up, which takes some tens of minutes and needs the internet there, and then shows up here by itself.</source>
      <translation>Jetzt auf der Karte: {files}. Auswerfen, in den Pi stecken und den Pi einschalten: Er richtet sich selbst ein, was einige Dutzend Minuten dauert und dort das Internet braucht, und erscheint dann hier von selbst.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>On your machines</source>
      <translation>Auf Ihren Rechnern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>On: answers come from your documents, with sources.
Off: just the model.</source>
      <translation>An: Antworten kommen aus Ihren Dokumenten, mit Quellen.
Aus: nur das Modell.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_fields.py" />
      <source>One a line</source>
      <translation>Eins je Zeile</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>One line that begins with ssh-ed25519 or ssh-rsa.</source>
      <translation>Eine Zeile, die mit ssh-ed25519 oder ssh-rsa beginnt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>One sentence, underlined with dots, is not said by the passages.</source>
      <translation>Einen Satz, punktiert unterstrichen, sagen die Textstellen nicht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>One try is left with these digits.</source>
      <translation>Mit diesen Ziffern bleibt ein Versuch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Only Download and Address open a connection outside your network, and only when you press them. Each file listed here is used only when its SHA-256 is right.</source>
      <translation>Nur „Herunterladen“ und „Adresse“ öffnen eine Verbindung aus Ihrem Netz hinaus, und nur, wenn Sie darauf drücken. Jede Datei, die hier steht, wird nur benutzt, wenn ihre SHA-256 stimmt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Only its first {number} pages were read.</source>
      <translation>Nur die ersten {number} Seiten wurden gelesen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Only lines with these words</source>
      <translation>Nur Zeilen mit diesen Worten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Only partly from its sources</source>
      <translation>Nur teilweise aus den Quellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Open &amp;folder</source>
      <translation>&amp;Ordner öffnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Open the file with the program that the system uses for it</source>
      <translation>Die Datei mit dem Programm öffnen, das das System dafür nimmt</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Open the window when you log in.</source>
      <translation>Das Fenster beim Anmelden öffnen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <location filename="../../../app/ui/microphone_choice.py" />
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Opening the microphone…</source>
      <translation>Mikrofon wird geöffnet…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Order</source>
      <translation>Reihenfolge</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Order found passages once more by a reranker, where a node has one.</source>
      <translation>Gefundene Textstellen noch einmal durch einen Reranker ordnen, wo ein Knoten einen hat.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Order passages once more</source>
      <translation>Textstellen noch einmal ordnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Orders passages</source>
      <translation>Ordnet Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Other</source>
      <translation>Andere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/push_row.py" />
      <source>Other machines can have the models of this one.</source>
      <translation>Andere Rechner können die Modelle dieses Rechners haben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Other machines cannot be looked for yet.</source>
      <translation>Nach anderen Rechnern kann noch nicht gesucht werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Other machines cannot be used.</source>
      <translation>Andere Rechner können nicht benutzt werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Other machines come first, this one if none can.</source>
      <translation>Andere Rechner zuerst, dieser, wenn keiner kann.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Other places</source>
      <translation>Andere Orte</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Others</source>
      <translation>Andere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Out of “{folder}”</source>
      <translation>Aus „{folder}“ heraus</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_canvas.py" />
      <location filename="../../../app/ui/passage_view.py" />
      <source>Page</source>
      <translation>Seite</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Page before</source>
      <translation>Vorige Seite</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Page before (Ctrl+PgUp)</source>
      <translation>Vorige Seite (Strg+Bild auf)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Page number</source>
      <translation>Seitenzahl</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Page {name} ({page} of {pages})</source>
      <translation>Seite {name} ({page} von {pages})</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Page {name} ({page})</source>
      <translation>Seite {name} ({page})</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_canvas.py" />
      <location filename="../../../app/ui/page_view.py" />
      <location filename="../../../app/ui/passage_view.py" />
      <source>Page {page}</source>
      <translation>Seite {page}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_canvas.py" />
      <source>Page {page} is being drawn…</source>
      <translation>Seite {page} wird gezeichnet…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Page {page} of {pages}</source>
      <translation>Seite {page} von {pages}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/page_canvas.py" />
      <source>Page {page}; %n lines are marked</source>
      <translation>
        <numerusform>Seite {page}; %n Zeile ist markiert</numerusform>
        <numerusform>Seite {page}; %n Zeilen sind markiert</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Pages</source>
      <translation>Seiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair</source>
      <translation>Koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Pair again.</source>
      <translation>Noch einmal koppeln.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair by &amp;address…</source>
      <translation>Per &amp;Adresse…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair by address</source>
      <translation>Über Adresse koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Pair with a node</source>
      <translation>Mit einem Knoten koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair with a node by host and port, or by its link</source>
      <translation>Mit einem Knoten über Host und Port oder seinen Link koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Pair with a node.</source>
      <translation>Mit einem Knoten koppeln.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair with the chosen node</source>
      <translation>Mit dem gewählten Knoten koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Pair with {name}</source>
      <translation>Mit {name} koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Pairing</source>
      <translation>Koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Pairing is not open at {address}.</source>
      <translation>Das Koppeln ist bei {address} nicht offen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Pass&amp;word…</source>
      <translation>&amp;Passwort…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/reading.py" />
      <source>Passage</source>
      <translation>Textstelle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Passage in its surroundings</source>
      <translation>Textstelle mit Umgebung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <location filename="../../../app/ui/reading.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Passages</source>
      <translation>Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Passages to read</source>
      <translation>Textstellen zum Lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/password_dialog.py" />
      <source>Password of {name}</source>
      <translation>Passwort von {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>Pasted picture</source>
      <translation>Eingefügtes Bild</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Pause</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Pause indexing</source>
      <translation>Indexieren anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Pause reading documents</source>
      <translation>Lesen der Dokumente anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Pause recording</source>
      <translation>Aufnahme anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Pause the recording</source>
      <translation>Aufnahme anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Pause; goes on any time</source>
      <translation>Anhalten; geht jederzeit weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Paused</source>
      <translation>Angehalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Paused: nothing is kept</source>
      <translation>Angehalten: Nichts wird aufbewahrt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Personas</source>
      <translation>Rollen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Pictures</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Pinned</source>
      <translation>Angeheftet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Plain words</source>
      <translation>Einfache Worte</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Play</source>
      <translation>Abspielen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Play back</source>
      <translation>Anhören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Play from {time}</source>
      <translation>Ab {time} abspielen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Play the recording from {time}</source>
      <translation>Aufnahme ab {time} abspielen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Play what was recorded</source>
      <translation>Abspielen, was aufgenommen wurde</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Played.</source>
      <translation>Abgespielt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Playing…</source>
      <translation>Spielt ab…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Plug it in again; it is opened again by itself.</source>
      <translation>Wieder anschließen; es wird von selbst wieder geöffnet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Plug one in, or ask by typing.</source>
      <translation>Eines anschließen oder durch Tippen fragen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Plug one in, or switch it on.</source>
      <translation>Einen anschließen oder einschalten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>Position in the recording</source>
      <translation>Stelle in der Aufnahme</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>Predictions</source>
      <translation>Vorhersagen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Preparing {model} on this machine…</source>
      <translation>{model} wird auf diesem Rechner vorbereitet…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Preparing {model} on this machine… {share} %</source>
      <translation>{model} wird auf diesem Rechner vorbereitet… {share} %</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Press the talk key first.</source>
      <translation>Zuerst die Sprechtaste drücken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Progress</source>
      <translation>Fortschritt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Progress of adding documents</source>
      <translation>Fortschritt beim Hinzufügen von Dokumenten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Prompt as sent</source>
      <translation>Prompt, wie gesendet</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Propose to remember</source>
      <translation>Merken vorschlagen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/password_dialog.py" />
      <source>Protected document</source>
      <translation>Geschütztes Dokument</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Put a long text into a file and add it to the library.</source>
      <translation>Einen langen Text in eine Datei legen und diese in die Bibliothek aufnehmen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <location filename="../../../app/ui/push_row.py" />
      <source>Put a model of this machine on other nodes</source>
      <translation>Ein Modell dieses Rechners auf andere Knoten bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Put a model of this machine on the chosen node</source>
      <translation>Ein Modell dieses Rechners auf den gewählten Knoten bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <location filename="../../../app/ui/push_row.py" />
      <source>Put a model on nodes</source>
      <translation>Ein Modell auf Knoten bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Put a model on this node</source>
      <translation>Ein Modell auf diesen Knoten bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Put here by hand.</source>
      <translation>Von Hand hierher gelegt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <location filename="../../../app/ui/push_row.py" />
      <source>Put on &amp;nodes…</source>
      <translation>Auf &amp;Knoten bringen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Put the documents of each folder together</source>
      <translation>Die Dokumente jedes Ordners zusammenstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Put the nodes of each zone together</source>
      <translation>Die Knoten jeder Zone zusammenstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Put the program itself beside them, packed as {name}.</source>
      <translation>Das Programm selbst daneben legen, gepackt als {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Put the sentences of the documents under the answers of small models.</source>
      <translation>Die Sätze der Dokumente unter die Antworten kleiner Modelle stellen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Putting it on the disk…</source>
      <translation>Wird gespeichert…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <location filename="../../../app/ui/conversation_export.py" />
      <source>Question</source>
      <translation>Frage</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Quit Tangnet</source>
      <translation>Tangnet beenden</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Quotes under answers</source>
      <translation>Zitate unter Antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>Read a&amp;gain</source>
      <translation>&amp;Noch einmal lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Read aloud</source>
      <translation>Vorlesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Read answer aloud</source>
      <translation>Antwort vorlesen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Read answers aloud</source>
      <translation>Antworten vorlesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Read it once more (F5)</source>
      <translation>Noch einmal lesen (F5)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Read once, found by every question from now on. Whole folders, too.</source>
      <translation>Einmal gelesen, von nun an bei jeder Frage gefunden. Auch ganze Ordner.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Read scanned pages and pictures by text recognition.</source>
      <translation>Gescannte Seiten und Bilder durch Texterkennung lesen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Read scans and pictures</source>
      <translation>Scans und Bilder lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Reading</source>
      <translation>Liest</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Reading aloud</source>
      <translation>Liest vor</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Reading documents</source>
      <translation>Liest Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Reading documents is paused</source>
      <translation>Das Lesen der Dokumente ist angehalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Reading it takes more computing time than a document may.</source>
      <translation>Das Lesen braucht mehr Rechenzeit, als ein Dokument haben darf.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Reading one passage…</source>
      <translation>Liest eine Textstelle…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>Reading took {time} of that.</source>
      <translation>Das Lesen dauerte davon {time}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Reading {name}</source>
      <translation>Liest {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Reading {number} passages…</source>
      <translation>Liest {number} Textstellen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Reading, part {number} of {all}</source>
      <translation>Liest, Teil {number} von {all}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Reading…</source>
      <translation>Liest…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Reads scans</source>
      <translation>Liest Scans</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Reads scans and pictures in languages of Latin letters, Chinese and Japanese.</source>
      <translation>Liest Scans und Bilder in Sprachen mit lateinischen Buchstaben, Chinesisch und Japanisch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <location filename="../../../app/ui/conversation_pane.py" />
      <location filename="../../../app/ui/phrases.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Ready</source>
      <translation>Bereit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Ready on this machine</source>
      <translation>Auf diesem Rechner bereit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Ready to be asked</source>
      <translation>Bereit für Fragen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Ready · {node}</source>
      <translation>Bereit · {node}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Ready · {number} nodes</source>
      <translation>Bereit · {number} Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Ready: {nodes}.</source>
      <translation>Bereit: {nodes}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Recognising the text of {name}</source>
      <translation>Erkennt den Text von {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Record</source>
      <translation>Aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Record 3 s</source>
      <translation>3 s aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Record a lecture</source>
      <translation>Vortrag aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Record a lecture or a meeting</source>
      <translation>Einen Vortrag oder eine Besprechung aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Record a lecture or a meeting: it is written down on your machines, can be asked about and saved as text or subtitles. Sound files in your library stand here, too.</source>
      <translation>Nehmen Sie einen Vortrag oder eine Besprechung auf: Auf Ihren Rechnern wird mitgeschrieben; Sie können Fragen dazu stellen und die Mitschrift als Text oder Untertitel speichern. Auch Tondateien Ihrer Bibliothek stehen hier.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Record again</source>
      <translation>Wieder aufnehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Record or export it again.</source>
      <translation>Noch einmal aufnehmen oder exportieren.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Record three seconds; they stay in memory only</source>
      <translation>Drei Sekunden aufnehmen; sie bleiben nur im Arbeitsspeicher</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Recorded so far</source>
      <translation>Bisher aufgenommen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Recording</source>
      <translation>Nimmt auf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <source>Recording a lecture</source>
      <translation>Nimmt einen Vortrag auf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Recording three seconds: speak now.</source>
      <translation>Nimmt drei Sekunden auf: jetzt sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <location filename="../../../app/ui/shelf.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Recordings</source>
      <translation>Aufnahmen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Remember what you ask to be remembered, and let answers use it where it fits; it stays on this machine.</source>
      <translation>Merken, was Sie zu merken bitten; Antworten benutzen es, wo es passt. Es bleibt auf diesem Rechner.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Remember “{text}”?</source>
      <translation>„{text}“ merken?</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Remembered on {day}</source>
      <translation>Gemerkt am {day}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Remembered: {text}</source>
      <translation>Gemerkt: {text}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Remo&amp;ve</source>
      <translation>&amp;Entfernen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Remove from library</source>
      <translation>Aus Bibliothek entfernen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Remove it from the question, or attach a file with text.</source>
      <translation>Aus der Frage entfernen oder eine Datei mit Text anhängen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <location filename="../../../app/ui/model_row.py" />
      <source>Remove {name}</source>
      <translation>{name} entfernen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Reset this persona</source>
      <translation>Diese Rolle zurücksetzen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Rest</source>
      <translation>Pause</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Rules about documents speak of zones: the zone decides which of your documents the node may see.</source>
      <translation>Regeln für Dokumente sprechen von Zonen: Die Zone entscheidet, welche Ihrer Dokumente der Knoten sehen darf.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Rules for folders</source>
      <translation>Regeln für Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Run  tangnet-node pair  on that machine. It shows eight digits and a link, good for two minutes. Type the digits here, or paste the link.</source>
      <translation>Führen Sie auf jenem Rechner  tangnet-node pair  aus. Es zeigt acht Ziffern und einen Link, die zwei Minuten gelten. Tippen Sie die Ziffern hier ein oder fügen Sie den Link ein.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Run `tangnet-node pair` again; somebody may be in between.</source>
      <translation>`tangnet-node pair` noch einmal ausführen; jemand könnte dazwischen sein.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Run `tangnet-node pair` on the node; it prints a code that is good for two minutes.</source>
      <translation>Auf dem Knoten `tangnet-node pair` ausführen; es zeigt einen Code, der zwei Minuten gilt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>S&amp;top</source>
      <translation>&amp;Beenden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>S&amp;top adding it</source>
      <translation>Nicht &amp;hinzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>SHA-256</source>
      <translation>SHA-256</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>SSH key</source>
      <translation>SSH-Schlüssel</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Save all facts as Markdown or JSON</source>
      <translation>Alle Einträge als Markdown oder JSON speichern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Save conversation</source>
      <translation>Gespräch speichern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Save tr&amp;anscript as</source>
      <translation>Mi&amp;tschrift speichern als</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Save transcript</source>
      <translation>Mitschrift speichern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Saved as {path}.</source>
      <translation>Gespeichert als {path}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>Say “{phrase}” and ask. Nothing is kept or sent before.</source>
      <translation>„{phrase}“ sagen und fragen. Vorher wird nichts aufbewahrt oder gesendet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>Say “{phrase}” and then your question.</source>
      <translation>„{phrase}“ sagen und dann Ihre Frage.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>Say “{phrase}” to interrupt; Esc ends it.</source>
      <translation>„{phrase}“ sagen, um zu unterbrechen; Esc beendet es.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>Say “{phrase}”.</source>
      <translation>„{phrase}“ sagen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Search and let a node read while you still speak; thrown away when wrong.</source>
      <translation>Suchen und einen Knoten lesen lassen, während Sie noch sprechen; verworfen, wenn es falsch war.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>Search and reading had begun while you spoke.</source>
      <translation>Suchen und Lesen hatten begonnen, während Sie sprachen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Search conversations</source>
      <translation>Gespräche durchsuchen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Search documents</source>
      <translation>Dokumente durchsuchen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Search nodes</source>
      <translation>Knoten durchsuchen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Search nodes: name, zone, label</source>
      <translation>Knoten durchsuchen: Name, Zone, Kennzeichen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Search settings</source>
      <translation>Einstellungen durchsuchen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Searched only: {limits}</source>
      <translation>Nur durchsucht: {limits}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Searching documents</source>
      <translation>Durchsucht Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Seconds to the first word</source>
      <translation>Sekunden bis zum ersten Wort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Send</source>
      <translation>Senden</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Send spoken questions at once</source>
      <translation>Gesprochene Fragen sofort senden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Send the question (Enter)</source>
      <translation>Frage senden (Eingabe)</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Send what was said at once; otherwise it goes to the text box.</source>
      <translation>Das Gesagte sofort senden; sonst kommt es ins Textfeld.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Set all back…</source>
      <translation>Alles zurücksetzen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>Set back: {name}</source>
      <translation>Zurücksetzen: {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/tray.py" />
      <location filename="../../../app/ui/views.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Settings</source>
      <translation>Einstellungen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Settings: {group}</source>
      <translation>Einstellungen: {group}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/push_row.py" />
      <source>Show &amp;nodes…</source>
      <translation>&amp;Knoten zeigen…</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Show Tangnet among the programs of this desktop, and offer it for documents and tangnet:// links.</source>
      <translation>Tangnet unter den Programmen dieses Desktops zeigen und für Dokumente und tangnet://-Links anbieten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Show all</source>
      <translation>Alle zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Show all documents</source>
      <translation>Alle Dokumente zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Show all settings</source>
      <translation>Alle Einstellungen zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <location filename="../../../app/ui/passage_view.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Show in &amp;folder</source>
      <translation>Im &amp;Ordner zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>Show its &amp;passages</source>
      <translation>&amp;Textstellen zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Show the last {text}</source>
      <translation>Die letzten zeigen: {text}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Show the other passages</source>
      <translation>Die anderen Textstellen zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Show the page</source>
      <translation>Die Seite zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Show the passage in {path}</source>
      <translation>Die Textstelle in {path} zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Show the text</source>
      <translation>Den Text zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Show the window</source>
      <translation>Fenster zeigen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Show what was read in this document (Shift+Enter)</source>
      <translation>Zeigen, was in diesem Dokument gelesen wurde (Umschalt+Eingabe)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>Show where the file is</source>
      <translation>Zeigen, wo die Datei ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Shows the facts that hold these words</source>
      <translation>Zeigt die Einträge, die diese Worte enthalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_view.py" />
      <source>Size</source>
      <translation>Größe</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Slides</source>
      <translation>Folien</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Small and quick; invents an answer where it should refuse.</source>
      <translation>Klein und schnell; erfindet eine Antwort, wo es keine geben sollte.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Small letters and digits, such as pi.</source>
      <translation>Kleine Buchstaben und Ziffern, etwa pi.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Small letters, digits and dashes, 40 at most.</source>
      <translation>Kleine Buchstaben, Ziffern und Striche, höchstens 40.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Small pictures of all pages</source>
      <translation>Kleine Bilder aller Seiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Smaller</source>
      <translation>Kleiner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Smaller (−)</source>
      <translation>Kleiner (−)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Some of this answer stands in none of its sources.</source>
      <translation>Manches in dieser Antwort steht in keiner ihrer Quellen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Something to remember</source>
      <translation>Etwas zum Merken</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Something to remember, in your words</source>
      <translation>Etwas zum Merken, in Ihren Worten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Something unexpected happened: {error}</source>
      <translation>Etwas Unerwartetes ist geschehen: {error}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Something unexpected went wrong inside Tangnet.</source>
      <translation>In Tangnet ist etwas Unerwartetes schiefgegangen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash_dialog.py" />
      <source>Something went wrong inside Tangnet</source>
      <translation>In Tangnet ist etwas schiefgegangen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Sound never leaves this machine.</source>
      <translation>Ton verlässt diesen Rechner nie.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/reading.py" />
      <source>Source {number}</source>
      <translation>Quelle {number}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Source {number}: {place}</source>
      <translation>Quelle {number}: {place}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Sources</source>
      <translation>Quellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Speak, let go, and your words become the question.</source>
      <translation>Sprechen, loslassen, und Ihre Worte werden zur Frage.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>Speak; a pause ends it, Esc cancels.</source>
      <translation>Sprechen; eine Pause beendet, Esc bricht ab.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <source>Speaking</source>
      <translation>Spricht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Speaks</source>
      <translation>Spricht</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Speed of speech</source>
      <translation>Sprechtempo</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Spoken language</source>
      <translation>Gesprochene Sprache</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Spoken language such as en; empty lets the model find out.</source>
      <translation>Gesprochene Sprache wie en; leer lässt das Modell es herausfinden.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Start at login</source>
      <translation>Beim Anmelden starten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Start talking</source>
      <translation>Sprechen beginnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Starter model: shows that everything works, but is too weak to be trusted.</source>
      <translation>Startmodell: zeigt, dass alles geht, ist aber zu schwach, um ihm zu vertrauen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Starting at login could not be changed: {error}.</source>
      <translation>Der Start beim Anmelden konnte nicht geändert werden: {error}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <location filename="../../../app/ui/conversation_pane.py" />
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Starting…</source>
      <translation>Startet…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>State</source>
      <translation>Zustand</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Status</source>
      <translation>Status</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Status: {state}</source>
      <translation>Status: {state}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Stay in the tray</source>
      <translation>Im Infobereich bleiben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/talk.py" />
      <source>Still writing down what you said. Press again in a moment.</source>
      <translation>Das Gesagte wird noch aufgeschrieben. Gleich noch einmal drücken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <location filename="../../../app/ui/question_row.py" />
      <source>Stop</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>Stop &amp;watching it</source>
      <translation>Nicht mehr &amp;überwachen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>Stop adding; what is done stays</source>
      <translation>Hinzufügen abbrechen; was fertig ist, bleibt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Stop giving the model away; nodes keep what they have</source>
      <translation>Das Modell nicht weiter verteilen; Knoten behalten, was sie haben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/push_row.py" />
      <source>Stop putting the model on nodes</source>
      <translation>Das Modell nicht weiter auf Knoten bringen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Stop reading</source>
      <translation>Nicht weiter vorlesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Stop reading aloud</source>
      <translation>Vorlesen beenden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Stop recording</source>
      <translation>Aufnahme beenden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Stop talking</source>
      <translation>Sprechen beenden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Stop the answer (Esc)</source>
      <translation>Antwort anhalten (Esc)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Stop the sound</source>
      <translation>Ton anhalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Stop trusting the chosen node (Delete)</source>
      <translation>Dem gewählten Knoten nicht mehr vertrauen (Entf)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/push_row.py" />
      <source>Stop; nodes keep what they have</source>
      <translation>Anhalten; Knoten behalten, was sie haben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Stop; what has come is kept and continued later</source>
      <translation>Anhalten; was da ist, bleibt und wird später fortgesetzt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Stopped. What has come is kept.</source>
      <translation>Angehalten. Was da ist, bleibt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Stopped. What was shown is kept.</source>
      <translation>Angehalten. Was zu sehen war, bleibt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pushing.py" />
      <source>Stopped. {line}; what has come is kept.</source>
      <translation>Angehalten. {line}; was da ist, bleibt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Su&amp;mmarise</source>
      <translation>&amp;Zusammenfassen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Subtitles</source>
      <translation>Untertitel</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Subtitles for the &amp;web (VTT)…</source>
      <translation>Untertitel fürs &amp;Web (VTT)…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Such as GB, DE or US.</source>
      <translation>Etwa DE, AT oder CH.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Summarise {path}</source>
      <translation>Fasse {path} zusammen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Tables</source>
      <translation>Tabellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Take it back</source>
      <translation>Zurücknehmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Take it out of the library; the file stays</source>
      <translation>Aus der Bibliothek nehmen; die Datei bleibt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>Take the chosen folder out of it (Delete)</source>
      <translation>Den gewählten Ordner herausnehmen (Entf)</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Take the colour of buttons and links from the system, where it has one.</source>
      <translation>Die Farbe von Schaltflächen und Links vom System übernehmen, wo es eine hat.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Take what is chosen out of the library; the files stay (Delete)</source>
      <translation>Das Gewählte aus der Bibliothek nehmen; die Dateien bleiben (Entf)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>Takes effect at the next start.</source>
      <translation>Gilt ab dem nächsten Start.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/ui/tray.py" />
      <location filename="../../../app/settings.py" />
      <source>Talk key</source>
      <translation>Sprechtaste</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Talk key in every program</source>
      <translation>Sprechtaste in jedem Programm</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Tangnet</source>
      <translation>Tangnet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Tangnet cannot run models on Windows yet.</source>
      <translation>Tangnet kann unter Windows noch keine Modelle ausführen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Tangnet chooses a node when you ask.</source>
      <translation>Tangnet wählt einen Knoten, wenn Sie fragen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Tangnet ended unexpectedly last time</source>
      <translation>Tangnet wurde letztes Mal unerwartet beendet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Tangnet ended unexpectedly last time. Your documents and conversations are as they were.</source>
      <translation>Tangnet wurde letztes Mal unerwartet beendet. Ihre Dokumente und Gespräche sind, wie sie waren.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Tangnet finds the passage, answers in your words and shows its sources, on machines you own and without the internet.</source>
      <translation>Tangnet findet die Textstelle, antwortet in Ihren Worten und zeigt die Quellen, auf Ihren eigenen Rechnern und ohne Internet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>Tangnet goes on in the tray</source>
      <translation>Tangnet läuft im Infobereich weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash_dialog.py" />
      <source>Tangnet has a problem</source>
      <translation>Tangnet hat ein Problem</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Tangnet is starting.</source>
      <translation>Tangnet startet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <location filename="../../../app/ui/talk.py" />
      <source>Tangnet is still starting.</source>
      <translation>Tangnet startet noch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Tangnet opens a connection to this address, outside your network, and to no other. It sends nothing but the request for the file.</source>
      <translation>Tangnet öffnet eine Verbindung zu dieser Adresse außerhalb Ihres Netzes und zu keiner anderen. Gesendet wird nur die Bitte um die Datei.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <location filename="../../../app/ui/wake_trial.py" />
      <source>Test</source>
      <translation>Testen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>Test it: the bar shows how sure the word is, the line from where on it counts.</source>
      <translation>Testen: Der Balken zeigt, wie sicher das Wort ist, die Linie, ab wo es zählt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>Test it: the bars move while you speak.</source>
      <translation>Testen: Die Balken bewegen sich, während Sie sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>Text</source>
      <translation>Text</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Text files</source>
      <translation>Textdateien</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>That folder is no longer there: {folder}</source>
      <translation>Dieser Ordner ist nicht mehr da: {folder}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>That is no SHA-256.</source>
      <translation>Das ist keine SHA-256.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That is no name for a Pi.</source>
      <translation>Das ist kein Name für einen Pi.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That is no public SSH key.</source>
      <translation>Das ist kein öffentlicher SSH-Schlüssel.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That is no user name.</source>
      <translation>Das ist kein Benutzername.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That is no zone.</source>
      <translation>Das ist keine Zone.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That message is not there.</source>
      <translation>Diese Nachricht ist nicht da.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That node cannot be reached.</source>
      <translation>Dieser Knoten ist nicht erreichbar.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>That node is not paired any more.</source>
      <translation>Dieser Knoten ist nicht mehr gekoppelt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The answer broke off, and no other node could go on: {reason}</source>
      <translation>Die Antwort brach ab, und kein anderer Knoten konnte weitermachen: {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>The answer contains this address. The model may have made it up.</source>
      <translation>Die Antwort enthält diese Adresse. Das Modell kann sie erfunden haben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>The answer could not be made</source>
      <translation>Die Antwort konnte nicht gegeben werden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>The answer goes on elsewhere</source>
      <translation>Die Antwort geht anderswo weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/notices.py" />
      <source>The answer is ready</source>
      <translation>Die Antwort ist fertig</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_fields.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <source>The best one there is</source>
      <translation>Das beste vorhandene</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>The card: the drive called bootfs</source>
      <translation>Die Karte: das Laufwerk namens bootfs</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>The collection {name} is no longer there.</source>
      <translation>Die Sammlung {name} ist nicht mehr da.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The computer was asleep.</source>
      <translation>Der Rechner hat geschlafen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The connection to {name} failed.</source>
      <translation>Die Verbindung zu {name} ist gescheitert.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The connection to {name} is lost.</source>
      <translation>Die Verbindung zu {name} ist verloren.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The connection to {name} was closed.</source>
      <translation>Die Verbindung zu {name} wurde geschlossen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The conversations in {path} cannot be opened: {error}.</source>
      <translation>Die Gespräche in {path} lassen sich nicht öffnen: {error}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The conversations in {path} cannot be used: {error}.</source>
      <translation>Die Gespräche in {path} lassen sich nicht benutzen: {error}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>The digits are good for {left} s at most.</source>
      <translation>Die Ziffern gelten noch höchstens {left} s.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The disk is full.</source>
      <translation>Die Festplatte ist voll.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The engine ran out of memory.</source>
      <translation>Dem Modell ging der Arbeitsspeicher aus.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>The file has changed since it was read. Add it again to search its new text.</source>
      <translation>Die Datei wurde geändert, seit sie gelesen wurde. Fügen Sie sie noch einmal hinzu, um den neuen Text zu durchsuchen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The file is damaged: it cannot be opened as a PDF.</source>
      <translation>Die Datei ist beschädigt: Sie lässt sich nicht als PDF öffnen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The file is damaged: it cannot be opened as a spreadsheet.</source>
      <translation>Die Datei ist beschädigt: Sie lässt sich nicht als Tabelle öffnen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The file is damaged: it is not a whole EPUB book.</source>
      <translation>Die Datei ist beschädigt: Sie ist kein ganzes EPUB-Buch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The file is damaged: it is not a whole PowerPoint presentation.</source>
      <translation>Die Datei ist beschädigt: Sie ist keine ganze PowerPoint-Präsentation.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The file is damaged: it is not a whole Word document.</source>
      <translation>Die Datei ist beschädigt: Sie ist kein ganzes Word-Dokument.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The file is damaged: its XML is broken.</source>
      <translation>Die Datei ist beschädigt: Ihr XML ist kaputt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>The file is no longer there. This is the passage as it was read.</source>
      <translation>Die Datei ist nicht mehr da. Dies ist die Textstelle, wie sie gelesen wurde.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>The first one is kept.</source>
      <translation>Der erste bleibt erhalten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_key.py" />
      <source>The key still works in this window.</source>
      <translation>In diesem Fenster wirkt die Taste weiter.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>The last 0.6 s stay in memory so that your first word is whole; nothing is kept or sent until you talk.</source>
      <translation>Die letzten 0,6 s bleiben im Arbeitsspeicher, damit Ihr erstes Wort ganz ist; nichts wird aufbewahrt oder gesendet, bevor Sie sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <location filename="../../../app/ui/document_menu.py" />
      <source>The link is copied. In notes and mails on this machine it leads back here.</source>
      <translation>Der Link ist kopiert. In Notizen und Mails auf diesem Rechner führt er hierher zurück.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The loudspeaker could not be opened.</source>
      <translation>Der Lautsprecher konnte nicht geöffnet werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The loudspeaker “{name}” could not be opened.</source>
      <translation>Der Lautsprecher „{name}“ konnte nicht geöffnet werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The machine at {address} has another key than the link says.</source>
      <translation>Der Rechner bei {address} hat einen anderen Schlüssel, als der Link sagt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>The microphone brings only silence</source>
      <translation>Das Mikrofon bringt nur Stille</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>The microphone brings only silence: is it switched off or not allowed?</source>
      <translation>Das Mikrofon bringt nur Stille: Ist es ausgeschaltet oder nicht erlaubt?</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>The microphone brings only silence: the wake word cannot be heard.</source>
      <translation>Das Mikrofon bringt nur Stille: Das Weckwort ist nicht zu hören.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone failed.</source>
      <translation>Das Mikrofon ist ausgefallen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>The microphone is being opened; that takes up to two seconds.</source>
      <translation>Das Mikrofon wird geöffnet; das dauert bis zu zwei Sekunden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>The microphone is closed. It opens when you talk.</source>
      <translation>Das Mikrofon ist geschlossen. Es öffnet sich, wenn Sie sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>The microphone is muted</source>
      <translation>Das Mikrofon ist stumm</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>The microphone is muted in the sound settings of this computer.</source>
      <translation>Das Mikrofon ist in den Klangeinstellungen dieses Rechners stumm.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>The microphone is muted: the wake word cannot be heard.</source>
      <translation>Das Mikrofon ist stumm: Das Weckwort ist nicht zu hören.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>The microphone is open.</source>
      <translation>Das Mikrofon ist offen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone is opened again by itself.</source>
      <translation>Das Mikrofon wird von selbst wieder geöffnet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone was closed.</source>
      <translation>Das Mikrofon wurde geschlossen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone was opened but sends no sound.</source>
      <translation>Das Mikrofon wurde geöffnet, sendet aber keinen Ton.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone went away.</source>
      <translation>Das Mikrofon ist verschwunden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone “{name}” could not be opened.</source>
      <translation>Das Mikrofon „{name}“ konnte nicht geöffnet werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The microphone “{name}” is not there.</source>
      <translation>Das Mikrofon „{name}“ ist nicht da.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>The models that can be trusted are too large for your machines, or would write fewer than {number} tokens/s there. A stronger machine, paired as a node, would answer for this one, too.</source>
      <translation>Die vertrauenswürdigen Modelle sind zu groß für Ihre Rechner oder würden dort weniger als {number} Token/s schreiben. Ein stärkerer Rechner, als Knoten gekoppelt, würde auch für diesen antworten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The node names another key than the one it uses.</source>
      <translation>Der Knoten nennt einen anderen Schlüssel als den, den er benutzt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>The node takes new work again</source>
      <translation>Der Knoten nimmt wieder neue Arbeit an</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>The node takes no new work from anybody; what runs there goes on</source>
      <translation>Der Knoten nimmt von niemandem neue Arbeit an; was dort läuft, läuft weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>The nodes fetch it from this machine and from each other, and check every piece of it.</source>
      <translation>Die Knoten holen es von diesem Rechner und voneinander und prüfen jedes Stück.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>The one of the system</source>
      <translation>Das des Systems</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>The one of the system: {name}</source>
      <translation>Das des Systems: {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <source>The page Library shows what was read, and adds more.</source>
      <translation>Die Seite Bibliothek zeigt, was gelesen wurde, und nimmt mehr auf.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <source>The page Models shows which there are, and gets better ones.</source>
      <translation>Die Seite Modelle zeigt, welche es gibt, und holt bessere.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <source>The page Nodes shows how each one is, and pairs others.</source>
      <translation>Die Seite Knoten zeigt, wie es jedem geht, und koppelt weitere.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>The page as it is printed</source>
      <translation>Die Seite, wie sie gedruckt ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The page cannot be shown. {reason}</source>
      <translation>Die Seite kann nicht gezeigt werden. {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The password is wrong.</source>
      <translation>Das Passwort ist falsch.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The picture is too large to be kept.</source>
      <translation>Das Bild ist zu groß, um es aufzubewahren.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The picture is too large.</source>
      <translation>Das Bild ist zu groß.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_pictures.py" />
      <source>The picture of the page is damaged.</source>
      <translation>Das Bild der Seite ist beschädigt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The recording was cancelled.</source>
      <translation>Die Aufnahme wurde abgebrochen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>The sound of 1 spoken question ({size}) is deleted.</source>
      <translation>Der Ton von 1 gesprochenen Frage ({size}) ist gelöscht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>The sound of 1 spoken question ({size}) is kept.</source>
      <translation>Der Ton von 1 gesprochenen Frage ({size}) ist aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>The sound of a question was deleted.</source>
      <translation>Der Ton einer Frage wurde gelöscht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>The sound of questions is kept, as the settings say.</source>
      <translation>Der Ton der Fragen wird aufbewahrt, wie es die Einstellungen sagen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>The sound of {number} spoken questions ({size}) is deleted.</source>
      <translation>Der Ton von {number} gesprochenen Fragen ({size}) ist gelöscht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/kept_sounds.py" />
      <source>The sound of {number} spoken questions ({size}) is kept.</source>
      <translation>Der Ton von {number} gesprochenen Fragen ({size}) ist aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>The sound system cannot be used.</source>
      <translation>Das Klangsystem kann nicht benutzt werden.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>The system knows no program to open {name}.</source>
      <translation>Das System kennt kein Programm, um {name} zu öffnen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>The system knows no program to show {folder}.</source>
      <translation>Das System kennt kein Programm, um {folder} zu zeigen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>The system's accent colour</source>
      <translation>Akzentfarbe des Systems</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>The talk key has the word.</source>
      <translation>Die Sprechtaste hat das Wort.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>The text as it was read</source>
      <translation>Der Text, wie er gelesen wurde</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>The time is over. Run  tangnet-node pair  again for new digits.</source>
      <translation>Die Zeit ist um. Für neue Ziffern noch einmal  tangnet-node pair  ausführen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>The transcript was saved as {path}.</source>
      <translation>Die Mitschrift wurde als {path} gespeichert.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is a persona {name} already.</source>
      <translation>Es gibt schon eine Rolle {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>There is no GGUF file in {folder}.</source>
      <translation>In {folder} ist keine GGUF-Datei.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/told.py" />
      <source>There is no answer here that could be read.</source>
      <translation>Hier ist keine Antwort zum Vorlesen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no collection {name}.</source>
      <translation>Es gibt keine Sammlung {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no desktop here, so there is no key for the whole of it.</source>
      <translation>Hier ist kein Desktop, also auch keine Taste für ihn.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no file {path}.</source>
      <translation>Es gibt keine Datei {path}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>There is no microphone to listen to.</source>
      <translation>Es gibt kein Mikrofon zum Zuhören.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_mark.py" />
      <source>There is no microphone to listen to. It is opened as soon as there is one.</source>
      <translation>Es gibt kein Mikrofon zum Zuhören. Es wird geöffnet, sobald eines da ist.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>There is no model for answers on this machine yet.</source>
      <translation>Auf diesem Rechner ist noch kein Modell für Antworten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>There is no model on this machine that could be put on nodes.</source>
      <translation>Auf diesem Rechner ist kein Modell, das auf Knoten gebracht werden könnte.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no node at {address}.</source>
      <translation>Bei {address} ist kein Knoten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no node called {name}.</source>
      <translation>Es gibt keinen Knoten namens {name}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no question.</source>
      <translation>Es gibt keine Frage.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is no room for {model} on the disk.</source>
      <translation>Auf der Festplatte ist kein Platz für {model}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is nothing to remember.</source>
      <translation>Es gibt nichts zu merken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>There is nothing to summarise.</source>
      <translation>Es gibt nichts zusammenzufassen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>They &amp;differ: unpair</source>
      <translation>&amp;Ungleich: trennen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>They are the &amp;same</source>
      <translation>&amp;Gleich</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Thinking</source>
      <translation>Denkt nach</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>Thinking on {node}…</source>
      <translation>Jetzt denkt {node} nach…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>Thinking · {node}</source>
      <translation>Denkt nach · {node}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Thinking…</source>
      <translation>Denkt nach…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>This answer is still being written.</source>
      <translation>Diese Antwort wird noch geschrieben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This computer uses another microphone now.</source>
      <translation>Dieser Rechner benutzt jetzt ein anderes Mikrofon.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This conversation is answered on this machine only.</source>
      <translation>Dieses Gespräch wird nur auf diesem Rechner beantwortet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/told.py" />
      <source>This conversation stays on this machine.</source>
      <translation>Dieses Gespräch bleibt auf diesem Rechner.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>This desktop has no tray now, so closing the window ends Tangnet.</source>
      <translation>Dieser Desktop hat gerade keinen Infobereich; das Schließen des Fensters beendet Tangnet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This desktop offers no key that works outside the window.</source>
      <translation>Dieser Desktop bietet keine Taste, die außerhalb des Fensters wirkt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>This document is not in your library: {path}</source>
      <translation>Dieses Dokument ist nicht in Ihrer Bibliothek: {path}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/revising.py" />
      <source>This is a branch. The conversation it came from is unchanged.</source>
      <translation>Dies ist ein Zweig. Das Gespräch, aus dem er kommt, ist unverändert.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/crash_dialog.py" />
      <source>This is a mistake in the program, not yours. Your documents and conversations are safe. The report below is kept on this machine and sent to nobody. If you pass it on, look through it first: it may hold file names.</source>
      <translation>Das ist ein Fehler im Programm, nicht Ihrer. Ihre Dokumente und Gespräche sind sicher. Der Bericht unten bleibt auf diesem Rechner und wird niemandem gesendet. Wenn Sie ihn weitergeben, sehen Sie ihn vorher durch: Er kann Dateinamen enthalten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This link is none that Tangnet knows.</source>
      <translation>Diesen Link kennt Tangnet nicht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <location filename="../../../app/ui/phrases.py" />
      <location filename="../../../app/settings.py" />
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This machine</source>
      <translation>Dieser Rechner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>This machine comes first, as the settings say; others when it cannot answer.</source>
      <translation>Dieser Rechner zuerst, wie es die Einstellungen sagen; andere, wenn er nicht antworten kann.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This machine has no model {model} to give.</source>
      <translation>Dieser Rechner hat kein Modell {model} abzugeben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This machine's node cannot be started: {reason}.</source>
      <translation>Der Knoten dieses Rechners lässt sich nicht starten: {reason}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This machine's node did not start within {seconds} s.</source>
      <translation>Der Knoten dieses Rechners ist nicht innerhalb von {seconds} s gestartet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free.py" />
      <source>This machine's node does not listen yet; the wake word cannot be heard.</source>
      <translation>Der Knoten dieses Rechners hört noch nicht zu; das Weckwort ist nicht zu hören.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This machine's node has gone.</source>
      <translation>Der Knoten dieses Rechners ist weg.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>This machine's node was closed.</source>
      <translation>Der Knoten dieses Rechners wurde geschlossen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>Threshold of the wake word</source>
      <translation>Schwelle des Weckworts</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Tick &amp;all</source>
      <translation>&amp;Alle ankreuzen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Tick all nodes that are shown</source>
      <translation>Alle gezeigten Knoten ankreuzen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>Tick the nodes that shall have it.</source>
      <translation>Kreuzen Sie die Knoten an, die es haben sollen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Titles by the model</source>
      <translation>Titel vom Modell</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Titles only</source>
      <translation>Nur Titel</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>To download</source>
      <translation>Zum Herunterladen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>To spoken questions</source>
      <translation>Auf gesprochene Fragen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>To the clipboard</source>
      <translation>In die Zwischenablage</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>To the conversation</source>
      <translation>Ins Gespräch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Today, {time}</source>
      <translation>Heute, {time}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Tokens a second</source>
      <translation>Token je Sekunde</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Trouble first</source>
      <translation>Probleme zuerst</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <location filename="../../../app/ui/talk.py" />
      <source>Try again in a moment.</source>
      <translation>Gleich noch einmal versuchen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Try again when it is there.</source>
      <translation>Noch einmal versuchen, wenn er da ist.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Try again.</source>
      <translation>Noch einmal versuchen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Try another node.</source>
      <translation>Einen anderen Knoten versuchen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Try which one hears you best; otherwise it is the one of the system</source>
      <translation>Ausprobieren, welches Sie am besten hört; sonst ist es das des Systems</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Tutor</source>
      <translation>Nachhilfe</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>Two tries are left with these digits.</source>
      <translation>Mit diesen Ziffern bleiben zwei Versuche.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Type below and press Enter. Sources come with the answer.</source>
      <translation>Unten tippen und Eingabe drücken. Quellen kommen mit der Antwort.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Type of document</source>
      <translation>Art des Dokuments</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Type one, or speak.</source>
      <translation>Eine tippen oder sprechen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Typed there</source>
      <translation>Dort getippt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>Typed: “{text}”</source>
      <translation>Getippt: „{text}“</translation>
    </message>
    <message>
      <location filename="../../../app/ui/dictating.py" />
      <source>Typing was stopped.</source>
      <translation>Das Tippen wurde angehalten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Un&amp;pin</source>
      <translation>&amp;Lösen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Understanding speech</source>
      <translation>Sprache verstehen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Unpair</source>
      <translation>Trennen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Updating the index; searching and adding go on meanwhile</source>
      <translation>Der Index wird erneuert; Suchen und Hinzufügen gehen weiter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Use a smaller model or a smaller context.</source>
      <translation>Ein kleineres Modell oder einen kleineren Kontext nehmen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Use the talk key in the window.</source>
      <translation>Die Sprechtaste im Fenster benutzen.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Variety</source>
      <translation>Abwechslung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Version after</source>
      <translation>Nächste Fassung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Version before</source>
      <translation>Vorige Fassung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/settings.py" />
      <source>Voice</source>
      <translation>Stimme</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Voice commands</source>
      <translation>Sprachbefehle</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Voice that reads answers aloud, by name; empty takes the one that is there.</source>
      <translation>Stimme, die Antworten vorliest, nach Namen; leer nimmt die vorhandene.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>Waiting for a free place on {node}: number {place}…</source>
      <translation>Warten auf einen freien Platz ({node}): Nummer {place}…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/hands_free_mark.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>Waiting for its name</source>
      <translation>Wartet auf seinen Namen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording_bar.py" />
      <source>Waiting for the microphone; what was recorded is kept</source>
      <translation>Wartet auf das Mikrofon; was aufgenommen wurde, bleibt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>Waiting or being read</source>
      <translation>Warten oder werden gelesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <location filename="../../../app/settings.py" />
      <source>Wake word</source>
      <translation>Weckwort</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Wake word, by the name of its model: see tangnet models list.</source>
      <translation>Weckwort, nach dem Namen seines Modells: siehe tangnet models list.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Wake word, said in {languages}.</source>
      <translation>Weckwort, gesprochen auf {languages}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Warnings and errors</source>
      <translation>Warnungen und Fehler</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>Watch a folder</source>
      <translation>Ordner überwachen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Watched folders</source>
      <translation>Überwachte Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>Watched now</source>
      <translation>Jetzt überwacht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>We may</source>
      <translation>Erlaubt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Web and books</source>
      <translation>Web und Bücher</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Web subtitles</source>
      <translation>Web-Untertitel</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Welcome</source>
      <translation>Willkommen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>What Tangnet wrote on this machine, and reports of crashes</source>
      <translation>Was Tangnet auf diesem Rechner geschrieben hat, und Berichte von Abstürzen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>What all nodes together did in the last hour</source>
      <translation>Was alle Knoten zusammen in der letzten Stunde getan haben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>What can be done</source>
      <translation>Was möglich ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>What can be done with it</source>
      <translation>Was damit möglich ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>What can be done with the answer</source>
      <translation>Was mit der Antwort möglich ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>What can be done with the conversation</source>
      <translation>Was mit dem Gespräch möglich ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>What can be done with the folder</source>
      <translation>Was mit dem Ordner möglich ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>What is installed where, and other ways to add</source>
      <translation>Was wo installiert ist, und andere Wege hinzuzufügen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>What is remembered</source>
      <translation>Was gemerkt ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/spoken_text.py" />
      <source>What is said</source>
      <translation>Was gesagt wird</translation>
    </message>
    <message>
      <location filename="../../../app/ui/tray.py" />
      <source>What is said is kept on this machine until you stop.</source>
      <translation>Was gesagt wird, bleibt auf diesem Rechner, bis Sie aufhören.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>What the desktop is told when long work is over and another program is in front; full: answers too.</source>
      <translation>Was der Desktop meldet, wenn lange Arbeit fertig und ein anderes Programm vorn ist; full: auch Antworten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>What was recorded until then is kept.</source>
      <translation>Was bis dahin aufgenommen wurde, bleibt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>What was understood so far</source>
      <translation>Was bisher verstanden wurde</translation>
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>What you ask is kept here.</source>
      <translation>Ihre Fragen werden hier aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>What you asked to be remembered, by "remember that …" or here. It stays on this machine until an answer uses it.</source>
      <translation>Was Sie zu merken gebeten haben, mit „Merk dir, dass …“ oder hier. Es bleibt auf diesem Rechner, bis eine Antwort es benutzt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>What your machines could run</source>
      <translation>Was auf Ihren Rechnern laufen könnte</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf_filters.py" />
      <source>When it was changed</source>
      <translation>Wann geändert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>When you had ended, {steps}.</source>
      <translation>Als Sie fertig waren: {steps}.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where a node can</source>
      <translation>Wo ein Knoten es kann</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <location filename="../../../app/settings.py" />
      <source>Where answers are made</source>
      <translation>Wo Antworten entstehen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where answers are made, where a conversation does not say it.</source>
      <translation>Wo Antworten entstehen, wenn ein Gespräch es nicht sagt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Where documents may go</source>
      <translation>Wohin Dokumente dürfen</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where documents of a folder may go: "~/Medical = home, local" is zone home and this machine.</source>
      <translation>Wohin Dokumente eines Ordners dürfen: „~/Medical = home, local“ ist die Zone home und dieser Rechner.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Where it stands; empty: where it says itself:</source>
      <translation>Wo er steht; leer: wo er selbst es sagt:</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where the search index is</source>
      <translation>Wo der Suchindex liegt</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where the search index is kept: empty is this machine; s3://bucket/prefix is an S3-compatible store.</source>
      <translation>Wo der Suchindex liegt: leer ist dieser Rechner; s3://bucket/prefix ist ein S3-kompatibler Speicher.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <location filename="../../../app/ui/turn_chart.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Where the time went</source>
      <translation>Wo die Zeit geblieben ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Where the time went was not kept for this answer.</source>
      <translation>Wo die Zeit geblieben ist, wurde für diese Antwort nicht aufbewahrt.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where words go that you say over another program with the talk key.</source>
      <translation>Wohin Worte gehen, die Sie über einem anderen Programm mit der Sprechtaste sagen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Where: {place}</source>
      <translation>Wo: {place}</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Whether things may move by themselves: the cursor, menus, waiting, the level of the microphone.</source>
      <translation>Ob sich Dinge von selbst bewegen dürfen: Schreibmarke, Menüs, Warten, der Pegel des Mikrofons.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Which answers are read aloud; spoken: those to spoken questions.</source>
      <translation>Welche Antworten vorgelesen werden; spoken: die auf gesprochene Fragen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Who answered</source>
      <translation>Wer geantwortet hat</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Who answers</source>
      <translation>Wer antwortet</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Who embeds documents; cluster also sends their text to idle paired nodes.</source>
      <translation>Wer Dokumente für die Suche vorbereitet; cluster sendet ihren Text auch an freie gekoppelte Knoten.</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Who prepares documents for search</source>
      <translation>Wer Dokumente für die Suche vorbereitet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/chrome.py" />
      <source>Whole width</source>
      <translation>Ganze Breite</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Why this answer</source>
      <translation>Warum diese Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Why this node was chosen</source>
      <translation>Warum dieser Knoten gewählt wurde</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Wi-Fi</source>
      <translation>WLAN</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Wi-Fi needs the country, as two letters.</source>
      <translation>WLAN braucht das Land, als zwei Buchstaben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Wi-Fi password</source>
      <translation>WLAN-Passwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>Width of the page against the panel; 0 fits it</source>
      <translation>Breite der Seite im Verhältnis zum Bereich; 0 passt sie ein</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Window</source>
      <translation>Fenster</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>With the answer</source>
      <translation>Mit der Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Without its SHA-256 nobody can tell whether it is the file that its publisher meant.</source>
      <translation>Ohne SHA-256 kann niemand sagen, ob es die Datei ist, die der Herausgeber gemeint hat.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>Word processing</source>
      <translation>Textverarbeitung</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Words said over other programs</source>
      <translation>Worte über anderen Programmen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Words with their times (&amp;JSON)…</source>
      <translation>Wörter mit Zeiten (&amp;JSON)…</translation>
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Work ahead while you speak</source>
      <translation>Vorarbeiten, während Sie sprechen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Write "remember that …" in a conversation, or type something above.</source>
      <translation>In einem Gespräch „Merk dir, dass …“ schreiben oder oben etwas eintippen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Write Raspberry Pi OS Lite (64-bit) on a card with Raspberry Pi Imager, without its own settings, and leave the card in. Tangnet then adds what makes a node of it. A Pi 5 or 4 with 4 GB or more is useful.</source>
      <translation>Schreiben Sie Raspberry Pi OS Lite (64-bit) mit dem Raspberry Pi Imager ohne dessen eigene Einstellungen auf eine Karte und lassen Sie sie stecken. Tangnet fügt dann hinzu, was einen Knoten daraus macht. Sinnvoll ist ein Pi 5 oder 4 mit 4 GB oder mehr.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Write Raspberry Pi OS Lite (64-bit) on the card first, then choose the drive called bootfs.</source>
      <translation>Zuerst Raspberry Pi OS Lite (64-bit) auf die Karte schreiben, dann das Laufwerk namens bootfs wählen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Write it as host:port.</source>
      <translation>Als host:port schreiben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Write it down and find it from now on</source>
      <translation>Mitschreiben und von nun an finden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Write the files for its SD card, or the commands for one that runs</source>
      <translation>Die Dateien für seine SD-Karte schreiben oder die Befehle für einen, der läuft</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Write the program and its commands to a folder</source>
      <translation>Das Programm und seine Befehle in einen Ordner schreiben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>Write what shall be remembered.</source>
      <translation>Schreiben, was gemerkt werden soll.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Writing</source>
      <translation>Schreibt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Writing down what you said…</source>
      <translation>Das Gesagte wird aufgeschrieben…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>Writing {name}…</source>
      <translation>Schreibt {name}…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Yes</source>
      <translation>Ja</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Yes, remember it</source>
      <translation>Ja, merken</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Yesterday, {time}</source>
      <translation>Gestern, {time}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>You asked for {node}.</source>
      <translation>Gewünscht war {node}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>You spoke for {time}.</source>
      <translation>Sie sprachen {time}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Your question</source>
      <translation>Ihre Frage</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Your question in other words</source>
      <translation>Ihre Frage in anderen Worten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <source>Your question is asked as soon as Tangnet is ready.</source>
      <translation>Ihre Frage wird gestellt, sobald Tangnet bereit ist.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Your question named these limits. Ask it without those words to search everywhere.</source>
      <translation>Ihre Frage hat diese Grenzen genannt. Fragen Sie ohne diese Worte, um überall zu suchen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/cluster_pi.py" />
      <location filename="../../../app/ui/node_words.py" />
      <source>Zone</source>
      <translation>Zone</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>a few seconds left</source>
      <translation>noch ein paar Sekunden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>a moment ago</source>
      <translation>eben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>a public key; empty: nobody can log in over the network</source>
      <translation>ein öffentlicher Schlüssel; leer: niemand kann sich über das Netz anmelden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>about {mine}{parts}, {rival} about {theirs}</source>
      <translation>etwa {mine}{parts}, {rival} etwa {theirs}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>about {minutes} min left</source>
      <translation>noch etwa {minutes} min</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>about {number} tokens/s, estimated</source>
      <translation>etwa {number} Token/s, geschätzt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>about {seconds} s left</source>
      <translation>noch etwa {seconds} s</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>adding it was stopped</source>
      <translation>Hinzufügen wurde abgebrochen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>all</source>
      <translation>alle</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>all documents</source>
      <translation>alle Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>all nodes</source>
      <translation>alle Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>an answer</source>
      <translation>eine Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>and {n} more</source>
      <translation>und {n} weitere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>answers</source>
      <translation>Antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>as in the settings</source>
      <translation>wie in den Einstellungen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/wake_trial.py" />
      <source>as its model says</source>
      <translation>wie sein Modell es sagt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>ask questions</source>
      <translation>Fragen stellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>automatic</source>
      <translation>automatisch</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>begins</source>
      <translation>beginnt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>being checked</source>
      <translation>wird geprüft</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>being made</source>
      <translation>in Arbeit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>busy</source>
      <translation>beschäftigt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>cannot be reached</source>
      <translation>nicht erreichbar</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>cannot be read</source>
      <translation>nicht lesbar</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>change models and settings</source>
      <translation>Modelle und Einstellungen ändern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>checking</source>
      <translation>Prüfen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>choosing a node</source>
      <translation>Knoten wählen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>cited</source>
      <translation>zitiert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>could not be read</source>
      <translation>konnte nicht gelesen werden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>could not be written down</source>
      <translation>konnte nicht mitgeschrieben werden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/numbers.py" />
      <source>d MMM</source>
      <translation>d. MMM</translation>
    </message>
    <message>
      <location filename="../../../app/ui/numbers.py" />
      <source>d MMM yyyy</source>
      <translation>d. MMM yyyy</translation>
    </message>
    <message>
      <location filename="../../../app/ui/numbers.py" />
      <source>ddd d MMM</source>
      <translation>ddd, d. MMM</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>documents to index</source>
      <translation>Dokumente für den Index</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>does not trust this machine any more</source>
      <translation>vertraut diesem Rechner nicht mehr</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>empty: it is connected by cable</source>
      <translation>leer: er hängt am Kabel</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <location filename="../../../app/ui/phrases.py" />
      <source>failed</source>
      <translation>fehlgeschlagen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>far off lately: they are being learned</source>
      <translation>zuletzt weit daneben: Sie werden noch gelernt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>finishing, takes no new work</source>
      <translation>wird fertig, nimmt nichts Neues an</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>first sound</source>
      <translation>erster Ton</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>first word</source>
      <translation>erstes Wort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>first word {first}, whole {whole}</source>
      <translation>erstes Wort {first}, ganz {whole}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>first words after {time}</source>
      <translation>erste Worte nach {time}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>fits {machines}</source>
      <translation>genug haben {machines}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>for another machine</source>
      <translation>für einen anderen Rechner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>for you</source>
      <translation>für Sie</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>for {name}</source>
      <translation>für {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>half of them</source>
      <translation>die Hälfte</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>has it</source>
      <translation>hat es</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>has only {size} free</source>
      <translation>hat nur {size} frei</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>hearing</source>
      <translation>Hören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>host:port, for example 192.168.1.20:7443</source>
      <translation>host:port, zum Beispiel 192.168.1.20:7443</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>hot, {degrees} °C</source>
      <translation>heiß, {degrees} °C</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>in the background</source>
      <translation>im Hintergrund</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>is being indexed</source>
      <translation>wird indexiert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>is being listened to</source>
      <translation>wird angehört</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>is being read</source>
      <translation>wird gelesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>is being written down</source>
      <translation>wird mitgeschrieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>its text is being recognised</source>
      <translation>der Text wird erkannt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>licence not known</source>
      <translation>Lizenz unbekannt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>line: {first}; dashes: {second}</source>
      <translation>Linie: {first}; Striche: {second}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>line: {name}</source>
      <translation>Linie: {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>listening</source>
      <translation>Zuhören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>loading</source>
      <translation>lädt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>loading its model</source>
      <translation>lädt sein Modell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>longest answer</source>
      <translation>längste Antwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>looked at now and then</source>
      <translation>ab und zu angesehen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>meaning</source>
      <translation>Bedeutung</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>memory</source>
      <translation>Gedächtnis</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>memory nearly full</source>
      <translation>Arbeitsspeicher fast voll</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>model wished</source>
      <translation>gewünschtes Modell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>model {share} % there · {line}</source>
      <translation>Modell zu {share} % da · {line}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>models may not be put there from here: run tangnet-node grant on it</source>
      <translation>von hier dürfen dorthin keine Modelle: dort tangnet-node grant ausführen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>moved {one} → {other}, {time}, with another model: the wording may change</source>
      <translation>umgezogen {one} → {other}, {time}, mit einem anderen Modell: Der Wortlaut kann sich ändern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>moved {one} → {other}, {time}, word for word</source>
      <translation>umgezogen {one} → {other}, {time}, Wort für Wort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>moving</source>
      <translation>Umziehen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>no text</source>
      <translation>kein Text</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>node wished</source>
      <translation>gewünschter Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>not begun</source>
      <translation>nicht begonnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>not in your library</source>
      <translation>nicht in Ihrer Bibliothek</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>not now</source>
      <translation>jetzt nicht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>not paired</source>
      <translation>nicht gekoppelt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>not reached</source>
      <translation>nicht erreicht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>not reached since {time}</source>
      <translation>nicht erreicht seit {time}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>not reached yet</source>
      <translation>noch nicht erreicht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>not reached, {age}</source>
      <translation>nicht erreicht, {age}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/document_menu.py" />
      <source>not there now</source>
      <translation>jetzt nicht da</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>not written down</source>
      <translation>nicht mitgeschrieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>now</source>
      <translation>jetzt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/page_view.py" />
      <source>of {pages}</source>
      <translation>von {pages}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>off by {share} % lately</source>
      <translation>zuletzt {share} % daneben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>off by {share} % lately: good</source>
      <translation>zuletzt {share} % daneben: gut</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>only for conversations that stay on this machine</source>
      <translation>nur für Gespräche, die auf diesem Rechner bleiben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>ordering</source>
      <translation>Ordnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>ordering of passages</source>
      <translation>Ordnen von Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/citation_preview.py" />
      <location filename="../../../app/ui/passages_list.py" />
      <source>page {page}</source>
      <translation>Seite {page}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>picture</source>
      <translation>Bild</translation>
    </message>
    <message>
      <location filename="../../../app/ui/markdown_look.py" />
      <source>picture not loaded: {name}</source>
      <translation>Bild nicht geladen: {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>power supply too weak</source>
      <translation>Netzteil zu schwach</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>prefer cluster</source>
      <translation>Cluster bevorzugen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>prefer this machine</source>
      <translation>diesen Rechner bevorzugen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>preparing</source>
      <translation>Vorbereiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>preparing, {far}</source>
      <translation>wird vorbereitet, {far}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>processor {share} %</source>
      <translation>Prozessor {share} %</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>protected: needs its password</source>
      <translation>geschützt: braucht sein Passwort</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>ranking</source>
      <translation>Ordnen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>reading</source>
      <translation>Lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>reading aloud</source>
      <translation>Vorlesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>reading of a scan</source>
      <translation>Lesen eines Scans</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>reading…</source>
      <translation>liest…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>reads {number} tokens</source>
      <translation>liest {number} Token</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <location filename="../../../app/ui/node_words.py" />
      <source>ready</source>
      <translation>bereit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>removed</source>
      <translation>entfernt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>reranker</source>
      <translation>Reranker</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>rests</source>
      <translation>pausiert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>said in a conversation</source>
      <translation>in einem Gespräch gesagt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <location filename="../../../app/ui/trace_bar.py" />
      <location filename="../../../app/ui/turn_chart.py" />
      <source>search</source>
      <translation>Suche</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>see its state</source>
      <translation>seinen Zustand sehen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>see its state only: it answers no questions of this machine</source>
      <translation>nur seinen Zustand sehen: Er beantwortet keine Fragen dieses Rechners</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>seed</source>
      <translation>Startwert</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>share</source>
      <translation>Anteil</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>simulated: no model stands behind its answers</source>
      <translation>simuliert: Hinter seinen Antworten steht kein Modell</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>slowed by heat</source>
      <translation>durch Hitze gebremst</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>slowed by heat, {degrees} °C</source>
      <translation>durch Hitze gebremst, {degrees} °C</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>speech</source>
      <translation>Sprache</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>starts when it is needed</source>
      <translation>startet bei Bedarf</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>stopped</source>
      <translation>angehalten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>temperature</source>
      <translation>Temperatur</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>text</source>
      <translation>Text</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>text only</source>
      <translation>nur Text</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>that of {rival} is too weak to be trusted</source>
      <translation>das andere ({rival}) ist zu schwach, um ihm zu trauen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>the cluster</source>
      <translation>der Cluster</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>the file is no longer there</source>
      <translation>die Datei ist nicht mehr da</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>the first sound was heard after {time}</source>
      <translation>der erste Ton war nach {time} zu hören</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>the first word of the answer was there after {time}</source>
      <translation>das erste Wort der Antwort war nach {time} da</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>the passages were found after {time}</source>
      <translation>die Textstellen waren nach {time} gefunden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <source>the system did not take it</source>
      <translation>das System hat sie nicht angenommen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>then {node}</source>
      <translation>dann {node}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>there</source>
      <translation>da</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <location filename="../../../app/ui/conversation_pane.py" />
      <location filename="../../../app/ui/model_words.py" />
      <location filename="../../../app/ui/phrases.py" />
      <location filename="../../../app/ui/where.py" />
      <location filename="../../../app/ui/core_sentences.py" />
      <source>this machine</source>
      <translation>dieser Rechner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>this machine only</source>
      <translation>nur dieser Rechner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>tight on {machines}</source>
      <translation>knapp haben es {machines}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>time not known yet</source>
      <translation>Zeit noch unbekannt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>today {time}</source>
      <translation>heute {time}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>together</source>
      <translation>zusammen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>too large for {machines}</source>
      <translation>zu wenig haben {machines}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>too weak to be trusted</source>
      <translation>zu schwach, um ihm zu trauen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>two letters, such as GB, for Wi-Fi</source>
      <translation>zwei Buchstaben wie DE, für WLAN</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>voice</source>
      <translation>Stimme</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <location filename="../../../app/ui/models_card.py" />
      <location filename="../../../app/ui/trace_bar.py" />
      <source>waiting</source>
      <translation>Warten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>waits</source>
      <translation>wartet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <location filename="../../../app/ui/phrases.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>waits for its turn</source>
      <translation>wartet, bis es dran ist</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>waits to be paired</source>
      <translation>wartet aufs Koppeln</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>waits to be written down</source>
      <translation>wartet auf die Mitschrift</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>watched</source>
      <translation>überwacht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>where</source>
      <translation>wo</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>words</source>
      <translation>Worte</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>work</source>
      <translation>Arbeit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for others</source>
      <translation>arbeitet für andere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for you</source>
      <translation>arbeitet für Sie</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for you and for others</source>
      <translation>arbeitet für Sie und andere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for {name}</source>
      <translation>arbeitet für {name}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>writing</source>
      <translation>Schreiben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>written down</source>
      <translation>mitgeschrieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>written here</source>
      <translation>hier geschrieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/shelf.py" />
      <source>yesterday</source>
      <translation>gestern</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>you spoke</source>
      <translation>Sie sprachen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>your words were written down after {time}</source>
      <translation>Ihre Worte waren nach {time} aufgeschrieben</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>zones</source>
      <translation>Zonen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{active} of {slots} in use</source>
      <translation>{active} von {slots} belegt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{address} is not an address.</source>
      <translation>{address} ist keine Adresse.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{card} is not the boot partition of a card with Raspberry Pi OS.</source>
      <translation>{card} ist nicht die Startpartition einer Karte mit Raspberry Pi OS.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{document}, page {page}</source>
      <translation>{document}, Seite {page}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{done} of {total}</source>
      <translation>{done} von {total}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <location filename="../../../app/ui/tray.py" />
      <source>{done} of {total} files</source>
      <translation>{done} von {total} Dateien</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{doubted} of {all} sentences, underlined with dots, are not said by the passages.</source>
      <translation>{doubted} von {all} Sätzen, punktiert unterstrichen, stehen nicht in den Textstellen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{machines} could each run {model}, {size}</source>
      <translation>{machines} könnten jeweils {model} ausführen, {size}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{machines} have the best model that they can run: {model}</source>
      <translation>{machines} haben das beste Modell, das darauf läuft: {model}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{machine} could run {model}, {size}</source>
      <translation>{machine} könnte {model} ausführen, {size}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{machine} has the best model that it can run: {model}</source>
      <translation>{machine} hat das beste Modell, das darauf läuft: {model}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{minutes} min {seconds} s</source>
      <translation>{minutes} min {seconds} s</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{model} came from {node} with wrong bytes; they were thrown away.</source>
      <translation>{model} kam von {node} mit falschen Bytes; sie wurden verworfen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>{model} from {node}</source>
      <translation>{model} von {node}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{model} is more than one file.</source>
      <translation>{model} besteht aus mehr als einer Datei.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <location filename="../../../app/ui/node_words.py" />
      <source>{most} and {last}</source>
      <translation>{most} und {last}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{names} and {rest} more</source>
      <translation>{names} und {rest} weitere</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>{name} (muted)</source>
      <translation>{name} (stumm)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>{name} (not there now)</source>
      <translation>{name} (jetzt nicht da)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} cannot be reached.</source>
      <translation>{name} ist nicht erreichbar.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} cannot be read as sound: it is another kind of file, or damaged.</source>
      <translation>{name} kann nicht als Ton gelesen werden: Es ist eine andere Art von Datei oder beschädigt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} cannot be the name of a collection.</source>
      <translation>{name} kann nicht der Name einer Sammlung sein.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} cannot be the name of a persona.</source>
      <translation>{name} kann nicht der Name einer Rolle sein.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} cannot do that: it runs another version.</source>
      <translation>{name} kann das nicht: Dort läuft eine andere Version.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} comes first because the settings prefer {whom}.</source>
      <translation>{name} kommt zuerst, weil es die Einstellungen so sagen ({whom}).</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} comes next: {times}.</source>
      <translation>{name} ist als Nächstes dran: {times}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} could not be loaded: {reason}</source>
      <translation>{name} konnte nicht geladen werden: {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} did not answer in time.</source>
      <translation>{name} hat nicht rechtzeitig geantwortet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} ended the answer without saying why.</source>
      <translation>{name} beendete die Antwort, ohne zu sagen, warum.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} ended the transcript without a result.</source>
      <translation>{name} beendete die Mitschrift ohne Ergebnis.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} failed: {reason}</source>
      <translation>{name} ist ausgefallen: {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} has gone.</source>
      <translation>{name} ist weg.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} has no sound track.</source>
      <translation>{name} hat keine Tonspur.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} has room for the whole prompt, {rival} has not.</source>
      <translation>{name} hat Platz für den ganzen Prompt, {rival} nicht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} has the better model ({model}); {weak}.</source>
      <translation>{name} hat das bessere Modell ({model}); {weak}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} has the model {model}.</source>
      <translation>{name} hat das Modell {model}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>{name} is a tiny starter model: good to see everything work, too weak to be trusted. Check what it says against the sources, or get a better one.</source>
      <translation>{name} ist ein winziges Startmodell: gut, um alles auszuprobieren, zu schwach, um ihm zu trauen. Prüfen Sie, was es sagt, an den Quellen oder holen Sie ein besseres.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is about as quick and spares this machine: {times}.</source>
      <translation>{name} ist etwa gleich schnell und schont diesen Rechner: {times}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is damaged: no sound in it can be decoded.</source>
      <translation>{name} ist beschädigt: Kein Ton darin lässt sich lesen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is empty.</source>
      <translation>{name} ist leer.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>{name} is no longer in your library.</source>
      <translation>{name} ist nicht mehr in Ihrer Bibliothek.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>{name} is no longer paired.</source>
      <translation>{name} ist nicht mehr gekoppelt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/leaving.py" />
      <source>{name} is no longer where it was: {folder}</source>
      <translation>{name} ist nicht mehr, wo es war: {folder}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is not paired with this machine.</source>
      <translation>{name} ist nicht mit diesem Rechner gekoppelt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>{name} is not there.</source>
      <translation>{name} ist nicht da.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is one of the quickest: {times}.</source>
      <translation>{name} gehört zu den Schnellsten: {times}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/pairing_dialog.py" />
      <source>{name} is paired</source>
      <translation>{name} ist gekoppelt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/password_dialog.py" />
      <source>{name} is protected</source>
      <translation>{name} ist geschützt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is quickest: {times}.</source>
      <translation>{name} ist am schnellsten: {times}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>{name} is removed from this machine.</source>
      <translation>{name} ist von diesem Rechner entfernt.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} is the only one that can answer now.</source>
      <translation>Nur {name} kann jetzt antworten.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/transcript_export.py" />
      <source>{name} is the recording.</source>
      <translation>{name} ist die Aufnahme.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} no longer trusts this machine.</source>
      <translation>{name} vertraut diesem Rechner nicht mehr.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_card.py" />
      <source>{name} on its way</source>
      <translation>{name} unterwegs</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{name} stands in where better ones failed.</source>
      <translation>{name} springt ein, wo bessere ausgefallen sind.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>{name} takes no new work.</source>
      <translation>{name} nimmt keine neue Arbeit an.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>{name} was deleted.</source>
      <translation>{name} wurde gelöscht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>{name}, not reached</source>
      <translation>{name}, nicht erreicht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{nodes} gave wrong data and is not asked any more</source>
      <translation>{nodes} gab falsche Daten und wird nicht mehr gefragt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>{node} answered.</source>
      <translation>{node} hat geantwortet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{node} has no model that sees pictures.</source>
      <translation>{node} hat kein Modell, das Bilder sieht.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>{node} reads the passages…</source>
      <translation>{node} liest die Textstellen…</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>{node} reads the passages… {share} %</source>
      <translation>{node} liest die Textstellen… {share} %</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{number} characters are too many to remember; {most} are the most.</source>
      <translation>{number} Zeichen sind zu viele zum Merken; höchstens {most} gehen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>{number} documents</source>
      <translation>{number} Dokumente</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>{number} entries are no longer in your library.</source>
      <translation>{number} Einträge sind nicht mehr in Ihrer Bibliothek.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{number} failed</source>
      <translation>{number} fehlgeschlagen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/collections_dialog.py" />
      <source>{number} folders</source>
      <translation>{number} Ordner</translation>
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>{number} in your library. Drop more anywhere, or click.</source>
      <translation>{number} in Ihrer Bibliothek. Weitere irgendwo ablegen oder klicken.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>{number} milliseconds</source>
      <translation>{number} Millisekunden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>{number} need attention</source>
      <translation>{number} brauchen Aufmerksamkeit</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{number} nodes</source>
      <translation>{number} Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{number} not reached</source>
      <translation>{number} nicht erreicht</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>{number} of {all}</source>
      <translation>{number} von {all}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <source>{number} of {all} passages</source>
      <translation>{number} von {all} Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passages_list.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>{number} passages</source>
      <translation>{number} Textstellen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>{number} passages were read</source>
      <translation>{number} Textstellen wurden gelesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>{number} passages were read besides</source>
      <translation>{number} weitere Textstellen wurden gelesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <source>{number} recordings, {length} long, were not ended when Tangnet was closed.</source>
      <translation>{number} Aufnahmen, {length} lang, waren nicht beendet, als Tangnet geschlossen wurde.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/turn_chart.py" />
      <source>{number} seconds</source>
      <translation>{number} Sekunden</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{number} tokens remembered</source>
      <translation>{number} Token schon bekannt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{number} tokens/s, measured</source>
      <translation>{number} Token/s, gemessen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{number} waiting</source>
      <translation>{number} in der Schlange</translation>
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>{number} waiting or being read</source>
      <translation>{number} wartend oder beim Lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>{number} · closed</source>
      <translation>{number} · zugeklappt</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{n} answers being made</source>
      <translation>{n} Antworten entstehen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>{n} answers of this machine: half began within {half}, 99 of 100 within {most}.</source>
      <translation>{n} Antworten dieses Rechners: Die Hälfte begann innerhalb von {half}, 99 von 100 innerhalb von {most}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} days ago</source>
      <translation>vor {n} Tagen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} h ago</source>
      <translation>vor {n} h</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>{n} min</source>
      <translation>{n} min</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} min ago</source>
      <translation>vor {n} min</translation>
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>{n} of {all}</source>
      <translation>{n} von {all}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} s</source>
      <translation>{n} s</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} tokens</source>
      <translation>{n} Token</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <location filename="../../../app/ui/shelf.py" />
      <source>{pages} pages</source>
      <translation>{pages} Seiten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{path} cannot be written: {error}.</source>
      <translation>{path} lässt sich nicht schreiben: {error}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <source>{path} cannot be written: {reason}.</source>
      <translation>{path} lässt sich nicht schreiben: {reason}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{path} is left out. {reason}</source>
      <translation>{path} bleibt weg. {reason}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{path} is not a folder.</source>
      <translation>{path} ist kein Ordner.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{path} is not in the library.</source>
      <translation>{path} ist nicht in der Bibliothek.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{path} is there already.</source>
      <translation>{path} ist schon da.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>{rate} MB/s for each node</source>
      <translation>{rate} MB/s für jeden Knoten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/queue_strip.py" />
      <source>{rate} passages/s</source>
      <translation>{rate} Textstellen/s</translation>
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <location filename="../../../app/ui/node_words.py" />
      <source>{rate} tokens/s</source>
      <translation>{rate} Token/s</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{ready} of {all} can answer</source>
      <translation>{ready} von {all} können antworten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>{read} tokens were read, {known} of them known before; {written} were written.</source>
      <translation>{read} Token wurden gelesen, davon waren {known} schon bekannt; {written} wurden geschrieben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/recording.py" />
      <source>{reason} {time} were recorded and are kept.</source>
      <translation>{reason} {time} wurden aufgenommen und bleiben.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <location filename="../../../app/ui/where.py" />
      <source>{seconds} s</source>
      <translation>{seconds} s</translation>
    </message>
    <message>
      <location filename="../../../app/ui/microphone_choice.py" />
      <source>{seconds} s were recorded. Play them back to hear what Tangnet hears.</source>
      <translation>{seconds} s wurden aufgenommen. Hören Sie sie an: So hört Tangnet.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/asking.py" />
      <source>{sentence} Model: {model}.</source>
      <translation>{sentence} Modell: {model}.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{shown} of {all} nodes match</source>
      <translation>{shown} von {all} Knoten passen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>{shown} of {total} lines</source>
      <translation>{shown} von {total} Zeilen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/deploy_dialog.py" />
      <source>{size} free</source>
      <translation>{size} frei</translation>
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>{size} sent outside your network</source>
      <translation>{size} aus Ihrem Netz gesendet</translation>
    </message>
    <message>
      <location filename="../../../app/ui/passage_view.py" />
      <source>{start} to {end}</source>
      <translation>{start} bis {end}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{step}: {done}</source>
      <translation>{step}: {done}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>{step}: {done} of {total}</source>
      <translation>{step}: {done} von {total}</translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/phrases.py" />
      <source>{there} of %n nodes have it</source>
      <translation>
        <numerusform>{there} von %n Knoten hat es</numerusform>
        <numerusform>{there} von %n Knoten haben es</numerusform>
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{time} queue</source>
      <translation>{time} Warten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{time} to read</source>
      <translation>{time} zum Lesen</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{time} to start</source>
      <translation>{time} zum Starten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{used} of {all}</source>
      <translation>{used} von {all}</translation>
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>{used} of {most} characters; short ones work best</source>
      <translation>{used} von {most} Zeichen; kurze wirken am besten</translation>
    </message>
    <message>
      <location filename="../../../app/ui/playback.py" />
      <source>{what} (Space in the text)</source>
      <translation>{what} (Leertaste im Text)</translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>{what} is not available.</source>
      <translation>{what} ist nicht verfügbar.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>{where} has no chat model.</source>
      <translation>{where} hat kein Sprachmodell.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>{words} words</source>
      <translation>{words} Wörter</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>“{key}” is not a key that can be used everywhere.</source>
      <translation>„{key}“ ist keine Taste, die überall benutzt werden kann.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/core_sentences.py" />
      <source>“{key}” would be taken away from all other programs.</source>
      <translation>„{key}“ würde allen anderen Programmen weggenommen.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>“{name}” is as it was at first.</source>
      <translation>„{name}“ ist wieder wie am Anfang.</translation>
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>“{title}” deleted.</source>
      <translation>„{title}“ gelöscht.</translation>
    </message>
  </context>
</TS>
