//! The predefined extensions of observables (sections 6.7, 6.12, 6.13, 6.16).

use super::{
    COUNT, Kind, Rule, Shape, TEXTS, WHOLE,
    common::SIZE,
    may, must,
    vocabulary::{ADDRESS_FAMILY, INTEGRITY, PE_TYPE, SERVICE_START, SERVICE_STATUS, SERVICE_TYPE, SOCKET_TYPE},
};
use Kind::{
    Boolean, Closed, Dictionary, DictionaryOf, Either, Hashes, Hex, Id, List, NestedStrict, Number, Open, Ref, Text,
    TimeOfSeconds,
};

/// A stream beside the content of a file in NTFS.
static STREAM: Shape =
    Shape { properties: &[must("name", Text), may("hashes", Hashes), may("size", SIZE)], rules: &[] };

static OPTIONAL_HEADER: Shape = Shape {
    properties: &[
        may("magic_hex", Hex),
        may("major_linker_version", WHOLE),
        may("minor_linker_version", WHOLE),
        may("size_of_code", COUNT),
        may("size_of_initialized_data", COUNT),
        may("size_of_uninitialized_data", COUNT),
        may("address_of_entry_point", WHOLE),
        may("base_of_code", WHOLE),
        may("base_of_data", WHOLE),
        may("image_base", WHOLE),
        may("section_alignment", WHOLE),
        may("file_alignment", WHOLE),
        may("major_os_version", WHOLE),
        may("minor_os_version", WHOLE),
        may("major_image_version", WHOLE),
        may("minor_image_version", WHOLE),
        may("major_subsystem_version", WHOLE),
        may("minor_subsystem_version", WHOLE),
        may("win32_version_value_hex", Hex),
        may("size_of_image", COUNT),
        may("size_of_headers", COUNT),
        may("checksum_hex", Hex),
        may("subsystem_hex", Hex),
        may("dll_characteristics_hex", Hex),
        may("size_of_stack_reserve", COUNT),
        may("size_of_stack_commit", COUNT),
        may("size_of_heap_reserve", COUNT),
        may("size_of_heap_commit", COUNT),
        may("loader_flags_hex", Hex),
        may("number_of_rva_and_sizes", WHOLE),
        may("hashes", Hashes),
    ],
    rules: &[Rule::Something],
};

static SECTION: Shape = Shape {
    properties: &[
        must("name", Text),
        may("size", SIZE),
        may("entropy", Number(f64::MIN, f64::MAX)),
        may("hashes", Hashes),
    ],
    rules: &[],
};

pub(super) static OF_FILE: &[(&str, Shape)] = &[
    ("archive-ext", Shape { properties: &[must("contains_refs", List(&Id)), may("comment", Text)], rules: &[] }),
    (
        "ntfs-ext",
        Shape {
            properties: &[may("sid", Text), may("alternate_data_streams", List(&NestedStrict(&STREAM)))],
            rules: &[Rule::Something],
        },
    ),
    (
        "pdf-ext",
        Shape {
            properties: &[
                may("version", Text),
                may("is_optimized", Boolean),
                may("document_info_dict", DictionaryOf(&Text)),
                may("pdfid0", Text),
                may("pdfid1", Text),
            ],
            rules: &[Rule::Something],
        },
    ),
    (
        "raster-image-ext",
        Shape {
            properties: &[
                may("image_height", WHOLE),
                may("image_width", WHOLE),
                may("bits_per_pixel", WHOLE),
                may("exif_tags", DictionaryOf(&Either(&Text, &WHOLE))),
            ],
            rules: &[Rule::Something],
        },
    ),
    (
        "windows-pebinary-ext",
        Shape {
            properties: &[
                must("pe_type", Open(&PE_TYPE)),
                may("imphash", Text),
                may("machine_hex", Hex),
                may("number_of_sections", COUNT),
                may("time_date_stamp", TimeOfSeconds),
                may("pointer_to_symbol_table_hex", Hex),
                may("number_of_symbols", COUNT),
                may("size_of_optional_header", COUNT),
                may("characteristics_hex", Hex),
                may("file_header_hashes", Hashes),
                may("optional_header", NestedStrict(&OPTIONAL_HEADER)),
                may("sections", List(&NestedStrict(&SECTION))),
            ],
            rules: &[],
        },
    ),
];

pub(super) static OF_TRAFFIC: &[(&str, Shape)] = &[
    (
        "http-request-ext",
        Shape {
            properties: &[
                must("request_method", Text),
                must("request_value", Text),
                may("request_version", Text),
                may("request_header", DictionaryOf(&TEXTS)),
                may("message_body_length", WHOLE),
                may("message_body_data_ref", Ref(&["artifact"])),
            ],
            rules: &[],
        },
    ),
    ("icmp-ext", Shape { properties: &[must("icmp_type_hex", Hex), must("icmp_code_hex", Hex)], rules: &[] }),
    (
        "socket-ext",
        Shape {
            properties: &[
                must("address_family", Closed(ADDRESS_FAMILY)),
                may("is_blocking", Boolean),
                may("is_listening", Boolean),
                may("options", DictionaryOf(&WHOLE)),
                may("socket_type", Closed(SOCKET_TYPE)),
                may("socket_descriptor", COUNT),
                may("socket_handle", WHOLE),
            ],
            rules: &[],
        },
    ),
    (
        "tcp-ext",
        Shape { properties: &[may("src_flags_hex", Hex), may("dst_flags_hex", Hex)], rules: &[Rule::Something] },
    ),
];

pub(super) static OF_PROCESS: &[(&str, Shape)] = &[
    (
        "windows-process-ext",
        Shape {
            properties: &[
                may("aslr_enabled", Boolean),
                may("dep_enabled", Boolean),
                may("priority", Text),
                may("owner_sid", Text),
                may("window_title", Text),
                may("startup_info", Dictionary),
                may("integrity_level", Closed(INTEGRITY)),
            ],
            rules: &[Rule::Something],
        },
    ),
    (
        "windows-service-ext",
        Shape {
            properties: &[
                may("service_name", Text),
                may("descriptions", TEXTS),
                may("display_name", Text),
                may("group_name", Text),
                may("start_type", Closed(SERVICE_START)),
                may("service_dll_refs", List(&Ref(&["file"]))),
                may("service_type", Closed(SERVICE_TYPE)),
                may("service_status", Closed(SERVICE_STATUS)),
            ],
            rules: &[Rule::Something],
        },
    ),
];

pub(super) static OF_ACCOUNT: &[(&str, Shape)] = &[(
    "unix-account-ext",
    Shape {
        properties: &[may("gid", WHOLE), may("groups", TEXTS), may("home_dir", Text), may("shell", Text)],
        rules: &[Rule::Something],
    },
)];
