<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>tangnet</name>
    <message numerus="yes">
      <location filename="../../../app/ui/model_words.py" />
      <source> and %n more</source>
      <translation type="unfinished">
        <numerusform />
        <numerusform />
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>%n conversations</source>
      <translation type="unfinished">
        <numerusform />
        <numerusform />
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>%n conversations deleted.</source>
      <translation type="unfinished">
        <numerusform />
        <numerusform />
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/arrivals.py" />
      <source>%n files</source>
      <translation type="unfinished">
        <numerusform />
        <numerusform />
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/settings_page.py" />
      <source>%n settings are as they were at first.</source>
      <translation type="unfinished">
        <numerusform />
        <numerusform />
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>&amp;Add</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Add a Raspberry Pi…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>&amp;Add to library</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>&amp;Address…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>&amp;All documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>&amp;Branch: go on from here in a new conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>&amp;Cancel</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Charts</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Close</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>&amp;Copy</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>&amp;Copy details</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Delete conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Delete folder and what is in it</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>&amp;Download</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Duplicate</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Edit</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>&amp;Edit collections…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>&amp;Edit personas…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Forget</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>&amp;Get better model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Instructions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;List</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Map</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Model to prefer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Models…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;More…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Move to folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Name</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Name and zone…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;New folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Pair…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Passages</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Pin to the top</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>&amp;Record</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Remember</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Remove</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Rename</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Reset</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Rest</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <source>&amp;Save</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Save as</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>&amp;Save transcript…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>&amp;Show report</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>&amp;Take the folder apart</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>&amp;Tangnet: short and plain</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Try again</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Undo</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>&amp;Unpair</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>&amp;Voice that reads its answers aloud</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>&amp;Wake</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>&amp;Watched…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>&amp;Why this answer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>&amp;Write to the card…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <source>, page {page}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>0 always takes the likeliest word; higher varies more.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>0 bytes sent outside your network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>1 &amp;hour</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>1 conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>1 word</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>15 &amp;minutes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>64 digits and letters, where its publisher tells them</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>99 of 100</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>A GGUF chat model at an https:// address of your choice</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>A GGUF chat model on this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>A folder cannot go with a question. Add it to the library and ask then.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>A paired node may hear it, as the settings say.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>A persona says how answers shall be. Each conversation has its own, chosen at the text box.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>A picture can be pasted as soon as Tangnet is ready.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Add &amp;documents to the library…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Add &amp;files…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Add a &amp;file…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Add a Raspberry Pi</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Add a folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Add a model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/first_run.py" />
      <source>Add documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Add folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Add models of a folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Add to your library</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>Add {name} to your documents?</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Address</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>All GGUF chat models in a folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>All is forgotten</source>
      <translation type="unfinished" />
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/memory_page.py" />
      <source>All is forgotten: %n facts</source>
      <translation type="unfinished">
        <numerusform />
        <numerusform />
      </translation>
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>All mo&amp;dels…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>All settings as they were at first; it can be undone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Always</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>An address begins with https:// and leads to a .gguf file.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/revising.py" />
      <source>An answer is being made. Stop it first, or wait for its end.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>Answer &amp;again</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>Answer again &amp;on</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>Answer again, branch</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Answer from my documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Answering</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <location filename="../../../app/ui/model_words.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <source>Answers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Answers are made by these machines. This one is always there; add others on your network by pairing.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Answers are made here and nowhere else.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Answers are made on {name} and nowhere else.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Answers are short and plain.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Answers come from {folders}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Answers may come from all documents.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>As it is called on this machine:</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>As it was at first</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>As text, subtitles or JSON</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>As the system</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>As: {persona}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Ask a question</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Ask a question…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Ask about it</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Ask about {many} files…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Ask about {name}…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Ask again</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Ask for a summary of what is said</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Ask this in other words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Ask whether to remember what you say of yourself, such as your name.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Ask your own documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>At most {most} files can go with a question.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Attach files</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Attach files to this question; they go into no library</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>Attached: {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Auto</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Automatic</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Begin a new conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Begins…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Bring back &amp;all</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Bring back all that came with Tangnet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>By name, zone, label, model, address, or state such as “not reached” or “heat”</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>By zone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Call this node something else here, or say where it stands</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <location filename="../../../app/ui/message_actions.py" />
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Cancel</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Cancel download</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Careful reader</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Certainty of the wake word</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Change what is remembered</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Chat model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Chat model to prefer, by name; empty takes the best one present.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Choose a &amp;microphone…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Choose a f&amp;older…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Choose a folder to add</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Choose files to add</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Choose the drive called bootfs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Choose the folder that holds it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Click to choose a collection</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Click to choose another place</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Click to choose who answers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Close</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Close message</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <location filename="../../../app/settings.py" />
      <source>Cluster</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Colours</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Colours of the window.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Connections outside your network: {many}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <location filename="../../../app/ui/conversation_export.py" />
      <source>Conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Conversations</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Copied</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Copy all of this as Markdown</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Copy report</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Copy the lines shown</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Counted since {day}, connection by connection, as the system tells it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Counted since {day}. Last to {address}. Downloads that you ask for count too.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>Counted since {day}: connections opened by Tangnet's own code.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Country</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Dark</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>De&amp;lete</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Delete it from the memory (Delete)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Delete it from this machine; it can be undone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Delete this persona</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Details</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Do what is said to the program, such as "stop" or "new conversation".</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <source>Documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>Documents to answer from</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Download</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Download a model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Download from an address</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Download the chosen model: this opens a connection outside your network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Download {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Drop documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Duplicate this persona</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>E&amp;xport…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Each answer is made where it is there soonest.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Earlier conversation, {day}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Earlier conversations</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/question_row.py" />
      <source>Edit question</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Editor</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>End the &amp;recording</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>End the recording</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>End the recording; it is written down and added</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Enter sends, Shift and Enter begins a new line, Up recalls earlier questions.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Errors</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Esc cancels. What the microphone does now stands beside this button.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Everything</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Export the memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/models_page.py" />
      <source>F&amp;older…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Fall silent when you speak</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Fall silent when you speak; where its own voice is as loud as yours in the microphone, speak up or press Esc.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Fetch here</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Fetch it from its publisher, check it, and use it</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Fetch {model} from {node} to this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Fetching {name}…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Files or folders, anywhere on this window. Or click.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>Files that go with the question</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attaching.py" />
      <source>Files to ask about</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Find conversations by their words (Ctrl+F)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Find in the log</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Find in the memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Find nodes in Tailscale</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Find nodes on this network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Find settings by their words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Finds by meaning</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Folder for the program and its commands</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Folder “{name}” deleted.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Folders</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Folders whose changes are noticed by themselves</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>For a &amp;running Pi…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Forget &amp;all</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <location filename="../../../app/ui/memory_page.py" />
      <source>Forgotten: {text}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_fields.py" />
      <source>Found out by itself</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Getting ready on this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Go on</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Goes with your next question alone, and into no library.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Hands-free</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Have all personas that came with Tangnet back as they were; yours stay</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Have it back as it came with Tangnet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Hears</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Here</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Here first</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>High contrast</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Hold this button, or {key}, and speak; let go when done. A short tap starts, another one ends.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Hold to talk</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Hold {key} and speak; let go when done.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Hold {key} to talk</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>How fast it speaks, from 0.5 to 2.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>How many passages the model gets to read.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>How shall answers be? Say it as you would say it to a person.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>How sure the wake word must be, from 0 to 1: higher wakes less often by mistake; 0 is as its model says.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Idle paired nodes too</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>If you like, now or later:</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>In {folder} now: {files}. Copy them to the Pi, for example with scp, and run there: sh {script}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>In: {collection}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Instructions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>It cannot be written: {why}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>It has no instructions yet.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>It is not in your library. Add it, and what is said in it is written down.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>It moved from {one} to {other}: {reason}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Its documents are read on your machines, and changes are noticed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the microphone open</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the microphone open while the window is in front, so that no first word is lost.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the sound of questions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Keep the sound of spoken questions beside the conversation, on this machine, until you delete it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Key to hold while talking.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Language of scans</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Language of scans such as ru where it is not written in Latin letters; empty is Latin, Chinese, Japanese.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Leave Tangnet open until the Pi has come: for one day it listens on port 7445 for this one machine. The files hold a secret until then.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let answers use what was said in earlier conversations where it fits the question.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let nodes hear</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let the model that answered name a conversation, in the background, once it is free.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let the talk key work in every program, not only in this window.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Let your voice and recordings go to paired nodes that turn them into text more quickly.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Level</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Library</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Light</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Lines of the log</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Listen for the wake word, so that no key is needed; answers are read aloud.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Listening…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Log</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Longest answer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Longest answer, in tokens.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Look for nodes among your own machines in Tailscale, where its command is here.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Look for nodes on the local network.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Looking at the files…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Looking what there is…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Map of the nodes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Markdown</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <location filename="../../../app/settings.py" />
      <source>Memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Memory &amp;settings</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Microphone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Microphone by name; empty follows the system.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Microphone level</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Model to fetch</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Model: {model}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Models</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/answer_card.py" />
      <source>More about this answer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>My documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/cluster_pi.py" />
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Name</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Name and zone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Name and zone of {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Names to listen for</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Names to listen for; what you correct in a spoken question is added.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Ne&amp;w</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Needs about {size} of memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Never</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_pane.py" />
      <location filename="../../../app/ui/conversation_rows.py" />
      <location filename="../../../app/ui/sidebar.py" />
      <source>New conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>New folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>New folder {n}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/two_line.py" />
      <source>New name</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>New persona</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>No</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>No answer began in this time.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>No connection outside your network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>No fact holds these words.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>No recordings yet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>No setting has “{words}” in it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>No, never ask for this again</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Nobody says anything in it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <location filename="../../../app/ui/nodes_panel.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Nodes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Nodes as a list</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Nodes as a picture, zone by zone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Nodes by address</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Nodes that could be reached, in %</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Nodes to reach by address (host:port), besides those discovered.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Nothing found for “{text}”.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Nothing here yet. Drop files or folders anywhere on the window: PDF, Word, slides, tables, mail, web pages, pictures, recordings, text. Or record a lecture by the round button above.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Nothing is found</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Nothing is known yet.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Nothing is remembered yet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Nothing is written there.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Nothing of the sound is kept.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Notices speech</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Now {active} being made and {waiting} waiting; {most} waited at most.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Now {now} tokens/s; {mean} on average, {most} at most.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>Now {reached} of {known} nodes; {share} % over this time.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Off</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>On the card now: {files}. Eject it, put it into the Pi and switch the Pi on: it sets itself up, which takes some tens of minutes and needs the internet there, and then shows up here by itself.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>On your machines</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>On: answers come from your documents, with sources.
Off: just the model.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_fields.py" />
      <source>One a line</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Only Download and Address open a connection outside your network, and only when you press them. Each file listed here is used only when its SHA-256 is right.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Only lines with these words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Open &amp;folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Open the window when you log in.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Opening the microphone…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Order found passages once more by a reranker, where a node has one.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Order passages once more</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Orders passages</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Other machines come first, this one if none can.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Others</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Out of “{folder}”</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair by &amp;address…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair by address</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair with a node by host and port, or by its link</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Pair with the chosen node</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Pass&amp;word…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Passages</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Passages to read</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>Pasted picture</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Personas</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Pinned</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Plain words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Prompt as sent</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Propose to remember</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Put a model of this machine on other nodes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Put a model of this machine on the chosen node</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Put a model on this node</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>Put on &amp;nodes…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Put the nodes of each zone together</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Put the program itself beside them, packed as {name}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Put the sentences of the documents under the answers of small models.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Question</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Quotes under answers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Read answers aloud</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Read it once more (F5)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/drop_zones.py" />
      <source>Read once, found by every question from now on. Whole folders, too.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Read scanned pages and pictures by text recognition.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Read scans and pictures</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Reading…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Reads scans</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Ready on this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Record</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Record a lecture or a meeting</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Record a lecture or a meeting: it is written down on your machines, can be asked about and saved as text or subtitles. Sound files in your library stand here, too.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <source>Recordings</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Remember what you ask to be remembered, and let answers use it where it fits; it stays on this machine.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Remember “{text}”?</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/phrases.py" />
      <source>Remembered on {day}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Remembered: {text}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Remo&amp;ve</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Remove from library</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <location filename="../../../app/ui/model_row.py" />
      <source>Remove {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Reset this persona</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Rest</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Rules about documents speak of zones: the zone decides which of your documents the node may see.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Rules for folders</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>SHA-256</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>SSH key</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Save all facts as Markdown or JSON</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Save conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Save transcript</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Saved as {path}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Search and let a node read while you still speak; thrown away when wrong.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>Search conversations</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Search nodes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Search settings</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Searching documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Seconds to the first word</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Send</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Send spoken questions at once</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Send the question (Enter)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Send what was said at once; otherwise it goes to the text box.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Set all back…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>Set back: {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/ui/views.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Settings</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Settings: {group}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Show all settings</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Show in &amp;folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Show the last {text}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Show what was read in this document (Shift+Enter)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Shows the facts that hold these words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Something to remember</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Something to remember, in your words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Something went wrong inside Tangnet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Sound never leaves this machine.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Speak, let go, and your words become the question.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>Speaks</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Speed of speech</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Spoken language</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Spoken language such as en; empty lets the model find out.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Start at login</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Stop</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Stop the answer (Esc)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Stop trusting the chosen node (Delete)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <location filename="../../../app/ui/models_card.py" />
      <source>Stop; what has come is kept and continued later</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>Stopped. What has come is kept.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Su&amp;mmarise</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Take it out of the library; the file stays</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Take what is chosen out of the library; the files stay (Delete)</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_row.py" />
      <source>Takes effect at the next start.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Talk key</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Talk key in every program</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Tangnet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Tangnet ended unexpectedly last time</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Tangnet ended unexpectedly last time. Your documents and conversations are as they were.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Tangnet finds the passage, answers in your words and shows its sources, on machines you own and without the internet.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>Tangnet has a problem</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Tangnet opens a connection to this address, outside your network, and to no other. It sends nothing but the request for the file.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>That is no SHA-256.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_fields.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <source>The best one there is</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>The card: the drive called bootfs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>The collection {name} is no longer there.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>The first one is kept.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>The node takes new work again</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>The node takes no new work from anybody; what runs there goes on</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/hints.py" />
      <source>The page {page} on the left helps.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>The sound of questions is kept, as the settings say.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>There is no GGUF file in {folder}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>There is no model for answers on this machine yet.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>There is no model on this machine that could be put on nodes.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>This document is not in your library: {path}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/revising.py" />
      <source>This is a branch. The conversation it came from is unchanged.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/crash.py" />
      <source>This is a mistake in the program, not yours. Your documents and conversations are safe. The report below is kept on this machine and sent to nobody. If you pass it on, look through it first: it may hold file names.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>This machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>This machine comes first, as the settings say; others when it cannot answer.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Titles by the model</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>To download</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>To spoken questions</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>To the clipboard</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>To the conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Today, {time}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>Tokens a second</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Try which one hears you best; otherwise it is the one of the system</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Tutor</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Type below and press Enter. Sources come with the answer.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Typed there</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>Un&amp;pin</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>Understanding speech</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>Undo</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>Unpair</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Variety</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Version after</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Version before</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <location filename="../../../app/ui/settings_page.py" />
      <location filename="../../../app/settings.py" />
      <source>Voice</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Voice commands</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Voice that reads answers aloud, by name; empty takes the one that is there.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <location filename="../../../app/settings.py" />
      <source>Wake word</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Wake word, by the name of its model: see tangnet models list.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>Warnings and errors</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>Watched folders</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>Welcome</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/nodes_panel.py" />
      <source>What all nodes together did in the last hour</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/documents_panel.py" />
      <source>What can be done with it</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_widgets.py" />
      <source>What can be done with the answer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>What can be done with the conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>What can be done with the folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>What is installed where, and other ways to add</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>What is remembered</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/spoken_text.py" />
      <source>What is said</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>What was understood so far</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/sidebar.py" />
      <source>What you ask is kept here.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>What you asked to be remembered, by "remember that …" or here. It stays on this machine until an answer uses it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>What your machines could run</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where a node can</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <location filename="../../../app/settings.py" />
      <source>Where answers are made</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where answers are made, where a conversation does not say it.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Where documents may go</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where documents of a folder may go: "~/Medical = home, local" is zone home and this machine.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Where it stands; empty: where it says itself:</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where the search index is</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where the search index is kept: empty is this machine; s3://bucket/prefix is an S3-compatible store.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <location filename="../../../app/ui/why_panel.py" />
      <source>Where the time went</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Where the time went was not kept for this answer.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Where words go that you say over another program with the talk key.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>Where: {place}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Which answers are read aloud; spoken: those to spoken questions.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Who answered</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_button.py" />
      <source>Who answers</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Who embeds documents; cluster also sends their text to idle paired nodes.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Who prepares documents for search</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>Why this answer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Wi-Fi</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Wi-Fi password</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>Window</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/address_dialog.py" />
      <source>Without its SHA-256 nobody can tell whether it is the file that its publisher meant.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Words said over other programs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/settings.py" />
      <source>Work ahead while you speak</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>Write "remember that …" in a conversation, or type something above.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Write Raspberry Pi OS Lite (64-bit) on a card with Raspberry Pi Imager, without its own settings, and leave the card in. Tangnet then adds what makes a node of it. A Pi 5 or 4 with 4 GB or more is useful.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_page.py" />
      <source>Write it down and find it from now on</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>Write the files for its SD card, or the commands for one that runs</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Write the program and its commands to a folder</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Writing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/composer.py" />
      <source>Writing down what you said…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Yes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_line.py" />
      <source>Yes, remember it</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>Yesterday, {time}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>Your question in other words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>Zone</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>a moment ago</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>a public key; empty: nobody can log in over the network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>about {number} tokens/s, estimated</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>all</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/collection_choice.py" />
      <source>all documents</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>all nodes</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>an answer</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>and {n} more</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>as in the settings</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>automatic</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>being made</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>cannot be read</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>checking</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>choosing a node</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>cited</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>could not be written down</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>documents to index</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>empty: it is connected by cable</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>failed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>first word {first}, whole {whole}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>fits {machines}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>for another machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>for you</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>for {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>half of them</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>hearing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>in the background</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>is being written down</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>licence not known</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>line: {first}; dashes: {second}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>listening</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>loading</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>meaning</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>memory</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>moving</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>no text</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>not in your library</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>not now</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>not reached, {age}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>not written down</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>now</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>only for conversations that stay on this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>ordering</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>ordering of passages</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>picture</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>prefer cluster</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>prefer this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>preparing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>reading</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>reading aloud</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>reading of a scan</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>reading…</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>reads {number} tokens</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>ready</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>reranker</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>rests</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>said in a conversation</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>search</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>share</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>text only</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>the file is no longer there</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <source>the system did not take it</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_export.py" />
      <location filename="../../../app/ui/model_words.py" />
      <location filename="../../../app/ui/where.py" />
      <source>this machine</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>this machine only</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>tight on {machines}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>time not known yet</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>together</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>too large for {machines}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>too weak to be trusted</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>two letters, such as GB, for Wi-Fi</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <location filename="../../../app/ui/models_card.py" />
      <location filename="../../../app/ui/trace_bar.py" />
      <source>waiting</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>waits</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>waits to be written down</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>work</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for others</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for you</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for you and for others</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>works for {name}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/trace_bar.py" />
      <source>writing</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/recordings_list.py" />
      <source>written down</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/memory_page.py" />
      <source>written here</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{machine} could run {model}, {size}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{machine} has the best model that it can run: {model}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_row.py" />
      <source>{model} from {node}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_pi.py" />
      <source>{most} and {last}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>{name} is a tiny starter model: good to see everything work, too weak to be trusted. Check what it says against the sources, or get a better one.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/arrivals.py" />
      <source>{name} is not there.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_page.py" />
      <source>{name} is removed from this machine.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_deeds.py" />
      <source>{name} takes no new work.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>{name} was deleted.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/where.py" />
      <source>{name}, not reached</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>{node} answered.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/first_run.py" />
      <source>{number} in your library. Drop more anywhere, or click.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/model_words.py" />
      <source>{number} tokens/s, measured</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>{number} · closed</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{n} answers being made</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <source>{n} answers of this machine: half began within {half}, 99 of 100 within {most}.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} days ago</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} h ago</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_charts.py" />
      <source>{n} min</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} min ago</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/message_actions.py" />
      <source>{n} of {all}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_series.py" />
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} s</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{n} tokens</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>{pages} pages</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/cluster_tiles.py" />
      <source>{rate} tokens/s</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/why_panel.py" />
      <source>{read} tokens were read, {known} of them known before; {written} were written.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/log_page.py" />
      <source>{shown} of {total} lines</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/promise.py" />
      <source>{size} sent outside your network</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/node_words.py" />
      <source>{used} of {all}</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/personas_dialog.py" />
      <source>{used} of {most} characters; short ones work best</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/models_card.py" />
      <source>{what} is not available.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/attachment_strip.py" />
      <source>{words} words</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/settings_page.py" />
      <source>“{name}” is as it was at first.</source>
      <translation type="unfinished" />
    </message>
    <message>
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>“{title}” deleted.</source>
      <translation type="unfinished" />
    </message>
  </context>
</TS>
