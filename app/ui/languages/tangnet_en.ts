<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
  <context>
    <name>tangnet</name>
    <message numerus="yes">
      <location filename="../../../app/ui/model_words.py" />
      <source> and %n more</source>
      <translation>
        <numerusform> and %n more</numerusform>
        <numerusform> and %n more</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/conversation_rows.py" />
      <source>%n conversations</source>
      <translation>
        <numerusform>%n conversation</numerusform>
        <numerusform>%n conversations</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/conversation_actions.py" />
      <source>%n conversations deleted.</source>
      <translation>
        <numerusform>%n conversation deleted.</numerusform>
        <numerusform>%n conversations deleted.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/notices.py" />
      <source>%n documents were read</source>
      <translation>
        <numerusform>%n document was read</numerusform>
        <numerusform>%n documents were read</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/arrivals.py" />
      <source>%n files</source>
      <translation>
        <numerusform>%n file</numerusform>
        <numerusform>%n files</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/phrases.py" />
      <source>%n nodes have it</source>
      <translation>
        <numerusform>%n node has it</numerusform>
        <numerusform>%n nodes have it</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/settings_page.py" />
      <source>%n settings are as they were at first.</source>
      <translation>
        <numerusform>%n setting is as it was at first.</numerusform>
        <numerusform>%n settings are as they were at first.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/memory_page.py" />
      <source>All is forgotten: %n facts</source>
      <translation>
        <numerusform>All is forgotten: %n fact</numerusform>
        <numerusform>All is forgotten: %n facts</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/page_canvas.py" />
      <source>Page {page}; %n lines are marked</source>
      <translation>
        <numerusform>Page {page}; %n line is marked</numerusform>
        <numerusform>Page {page}; %n lines are marked</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <location filename="../../../app/ui/phrases.py" />
      <source>{there} of %n nodes have it</source>
      <translation>
        <numerusform>{there} of %n node has it</numerusform>
        <numerusform>{there} of %n nodes have it</numerusform>
      </translation>
    </message>
  </context>
</TS>
